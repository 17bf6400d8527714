using System.Buffers;

namespace OpenNetVM.Core.Processes.Control;

/// <summary>What an NF says first.</summary>
/// <param name="Service">The name of its service; empty where the id names it.</param>
/// <param name="ServiceId">The id of its service; 0: by name.</param>
/// <param name="Tag">Its own name, for reports.</param>
/// <param name="Domain">The security domain it wants to be in; empty: whichever its service is of.</param>
/// <param name="Token">What an NF that the manager has started was given, so that the manager knows it; empty otherwise.</param>
/// <param name="LayoutFingerprint">Of the structures in shared memory, so that two versions of the library do not misread each other.</param>
internal readonly record struct RegisterMessage(
    string Service, ushort ServiceId, string Tag, string Domain, Guid Token, uint LayoutFingerprint) : IControlPayload<RegisterMessage>
{
    public void Write(IBufferWriter<byte> writer)
    {
        writer.WriteName(Service);
        writer.WriteUInt16(ServiceId);
        writer.WriteName(Tag);
        writer.WriteName(Domain);
        writer.WriteGuid(Token);
        writer.WriteUInt32(LayoutFingerprint);
    }

    public static bool TryRead(ReadOnlySequence<byte> payload, out RegisterMessage message)
    {
        PayloadReader reader = new(payload);
        message = new RegisterMessage(reader.Name(), reader.UInt16(), reader.Name(), reader.Name(), reader.Guid(), reader.UInt32());
        return reader.IsComplete;
    }
}
