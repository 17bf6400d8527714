using System.Numerics;
using System.Runtime.CompilerServices;
using OpenNetVM.Core.Packets;
using OpenNetVM.Core.Rings;

namespace OpenNetVM.Core.Processes;

/// <summary>How many rings of what size an <see cref="InstanceMemory"/> has, and so where they are.</summary>
/// <param name="Lanes">Receive lanes: the manager's workers.</param>
/// <param name="RingCapacity">Descriptors that each lane and the transmit ring hold, a power of two.</param>
/// <param name="BufferCapacity">Empty buffers that the function can have at a time, a power of two.</param>
internal readonly record struct InstanceShape(int Lanes, int RingCapacity, int BufferCapacity)
{
    internal static long TransmitOffset => InstanceBlock.Bytes;

    internal long BuffersOffset => TransmitOffset + SpscRing<PacketDescriptor>.RequiredBytes(RingCapacity);

    internal long Bytes => LaneOffset(Lanes);

    internal long LaneOffset(int lane) => BuffersOffset + SpscRing<uint>.RequiredBytes(BufferCapacity) + (lane * SpscRing<PacketDescriptor>.RequiredBytes(RingCapacity));

    /// <summary>Of everything that two processes must agree on to share memory: descriptors, headers, rings, the block. Two versions of the library that differ in it refuse each other.</summary>
    internal static uint LayoutFingerprint
    {
        get
        {
            HashCodeOfLayout hash = new();
            hash.Add(Unsafe.SizeOf<PacketDescriptor>());
            hash.Add(PacketHeader.Size);
            hash.Add(PacketHeader.UserAreaOffset);
            hash.Add(RingHeader.Bytes);
            hash.Add((int)RingHeader.ExpectedVersion);
            hash.Add(InstanceBlock.Bytes);
            hash.Add((int)InstanceBlock.ExpectedVersion);
            return hash.Value;
        }
    }

    /// <summary>The function's side: the numbers come from the manager, and are to fit one another.</summary>
    /// <exception cref="InvalidDataException">They do not.</exception>
    internal void Validate(long bytes)
    {
        bool fits = Lanes is >= 1 and <= 4_096 && IsRing(RingCapacity) && IsRing(BufferCapacity) && Bytes == bytes;
        if (!fits)
            throw new InvalidDataException($"The manager shares {bytes:N0} bytes for {Lanes} lanes of {RingCapacity} descriptors and {BufferCapacity} empty buffers, which do not fit one another.");
    }

    private static bool IsRing(int capacity) => capacity is >= 1 and <= 1 << 20 && BitOperations.IsPow2(capacity);

    // FNV-1a: the same in every process, unlike System.HashCode.
    private struct HashCodeOfLayout
    {
        private uint _state;

        public readonly uint Value => _state;

        public void Add(int value) => _state = ((_state == 0 ? 2_166_136_261 : _state) ^ (uint)value) * 16_777_619;
    }
}
