using System.Buffers;

namespace OpenNetVM.Core.Processes.Control;

/// <summary>
/// What an NF needs to take up its work. Two or three handles come with it: the packet region of the security domain, the region of this
/// instance's rings, and the manager's doorbell where it is not to be polled.
/// </summary>
/// <param name="Instance">The id the NF has from now on.</param>
/// <param name="Service">The id of its service.</param>
/// <param name="ServiceName">The name of its service.</param>
/// <param name="Domain">The security domain it is in.</param>
/// <param name="FirstBuffer">The index of the first packet buffer in the packet region.</param>
/// <param name="Buffers">The number of packet buffers in it.</param>
/// <param name="Stride">Bytes from one buffer to the next.</param>
/// <param name="BufferSize">Bytes of data in a buffer.</param>
/// <param name="Headroom">Bytes before the data.</param>
/// <param name="BurstSize">Packets that are moved at once.</param>
/// <param name="Lanes">The number of receive rings.</param>
/// <param name="RingCapacity">Descriptors in a receive or transmit ring.</param>
/// <param name="GrantCapacity">Descriptors in the ring of empty buffers.</param>
/// <param name="PacketRegionLength">Bytes of the packet region to map.</param>
/// <param name="RingRegionLength">Bytes of the ring region to map.</param>
internal readonly record struct WelcomeMessage(
    ushort Instance,
    ushort Service,
    string ServiceName,
    string Domain,
    uint FirstBuffer,
    uint Buffers,
    int Stride,
    int BufferSize,
    int Headroom,
    int BurstSize,
    int Lanes,
    int RingCapacity,
    int GrantCapacity,
    long PacketRegionLength,
    long RingRegionLength) : IControlPayload<WelcomeMessage>
{
    public void Write(IBufferWriter<byte> writer)
    {
        writer.WriteUInt16(Instance);
        writer.WriteUInt16(Service);
        writer.WriteName(ServiceName);
        writer.WriteName(Domain);
        writer.WriteUInt32(FirstBuffer);
        writer.WriteUInt32(Buffers);
        writer.WriteInt32(Stride);
        writer.WriteInt32(BufferSize);
        writer.WriteInt32(Headroom);
        writer.WriteInt32(BurstSize);
        writer.WriteInt32(Lanes);
        writer.WriteInt32(RingCapacity);
        writer.WriteInt32(GrantCapacity);
        writer.WriteInt64(PacketRegionLength);
        writer.WriteInt64(RingRegionLength);
    }

    public static bool TryRead(ReadOnlySequence<byte> payload, out WelcomeMessage message)
    {
        PayloadReader reader = new(payload);
        message = new WelcomeMessage(
            reader.UInt16(), reader.UInt16(), reader.Name(), reader.Name(), reader.UInt32(), reader.UInt32(),
            reader.Count(), reader.Count(), reader.Count(), reader.Count(), reader.Count(), reader.Count(), reader.Count(),
            reader.Length(), reader.Length());
        return reader.IsComplete;
    }
}
