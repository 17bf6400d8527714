using System.Buffers;

namespace OpenNetVM.Core.Processes.Control;

/// <summary>The payload of a frame that can be sent.</summary>
internal interface IControlPayload
{
    /// <summary>Writes the payload, at most <see cref="ControlProtocol.MaxPayload"/> bytes.</summary>
    /// <exception cref="ArgumentException">A name or body is longer than the protocol allows.</exception>
    void Write(IBufferWriter<byte> writer);
}

/// <summary>The payload of a frame that can be sent and received.</summary>
internal interface IControlPayload<T> : IControlPayload
    where T : IControlPayload<T>
{
    /// <summary>
    /// Reads a payload that comes from a process that is not trusted. What is read is a copy: it stays valid when the frame's buffer does not.
    /// </summary>
    /// <returns>False unless the payload is exactly one well-formed message.</returns>
    static abstract bool TryRead(ReadOnlySequence<byte> payload, out T message);
}
