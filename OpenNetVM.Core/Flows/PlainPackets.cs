using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using OpenNetVM.Core.Headers;
using OpenNetVM.Core.Memory;
using OpenNetVM.Core.Packets;
using OpenNetVM.FlowTable;

namespace OpenNetVM.Core.Flows;

/// <summary>Reads the keys of what nearly all fresh packets are, a burst at a time: TCP and UDP over IPv4 without options and fragments, right behind Ethernet.</summary>
internal static unsafe class PlainPackets
{
    // Shorter frames are rare (Ethernet pads them), and all that is read here lies in so many bytes.
    private const int Shortest = 60;

    private const int Network = 14;
    private const int Ipv4Length = 20;

    // Less of a datagram than this does not hold both ports.
    private const int WithPorts = Ipv4Length + 4;

    // The frame's bytes from 23 on (protocol, checksum, addresses, ports) as a key's: numbers in host order, zeros behind the protocol.
    private static Vector128<byte> KeyOrder => Vector128.Create((byte)6, 5, 4, 3, 10, 9, 8, 7, 12, 11, 14, 13, 0, 0xFF, 0xFF, 0xFF);

    /// <summary>
    /// Reads the keys of the plain packets of a burst, as <see cref="FlowKeyReader"/> would; where the layers are is left to whoever asks for them
    /// first. What the manager does not hold is not looked at.
    /// </summary>
    /// <param name="burst">At most <see cref="FlowClassifier.BurstSize"/> packets.</param>
    /// <param name="pool">Their pool.</param>
    /// <param name="columns">Gets key, hash and length of each packet at its place.</param>
    /// <returns>A bit for each packet that is not plain; what its columns hold has no meaning.</returns>
    internal static ulong Read(Span<PacketDescriptor> burst, PacketPool pool, GatheredKeys<Ipv4FlowKey> columns)
    {
        if (!BitConverter.IsLittleEndian)
            return ulong.MaxValue >> (FlowClassifier.BurstSize - burst.Length);
        fixed (PacketDescriptor* descriptors = burst)
            return Read((byte*)descriptors, (nuint)burst.Length * RowLength, pool, columns.Block);
    }

    // A descriptor and a key take a row of so many bytes; a hash and a length a quarter of it.
    private const int RowLength = 16;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static ulong Read(byte* descriptors, nuint end, PacketPool pool, byte* columns)
    {
        uint* owners = pool.Owners;
        byte* buffers = (byte*)pool.HeaderOf(0);
        nuint stride = (nuint)pool.Stride;
        uint capacity = pool.IndexLimit;
        ulong others = 0;
        for (nuint row = 0; row < end; row += RowLength)
        {
            ulong bufferAndHash = *(ulong*)(descriptors + row);
            uint index = (uint)bufferAndHash;
            if (index >= capacity || BufferOwner.Owner(owners[index]) != BufferOwner.Manager)
                goto Other;

            // One load, so that what is checked is what is used.
            byte* header = buffers + (index * stride);
            nuint word = (nuint)Volatile.Read(ref *(ulong*)header);
            nuint length = (uint)word;
            nuint start = PacketHeader.Size + (nuint)(ushort)(word >> 32);
            if (length < Shortest || start + length > stride)
                goto Other;

            // EtherType, version and header length; more fragments and the fragment's offset; that the datagram is all there.
            byte* frame = header + start;
            if ((*(uint*)(frame + Network - 2) & 0xFF_FFFF) != 0x45_0008 || (*(uint*)(frame + Network + 6) & 0xFF3F) != 0)
                goto Other;
            uint total = BinaryPrimitives.ReverseEndianness(*(ushort*)(frame + Network + 2));
            if (total - WithPorts > (uint)length - Network - WithPorts)
                goto Other;

            // Without a branch on which of the two it is: that is a matter of chance.
            uint protocol = frame[Network + 9];
            if ((protocol ^ IpProtocols.Tcp) * (protocol ^ IpProtocols.Udp) != 0)
                goto Other;

            Vector128.Shuffle(Vector128.Load(frame + Network + 9), KeyOrder).Store(columns + row);
            *(uint*)(columns + GatheredKeys<Ipv4FlowKey>.HashesOffset + (row / 4)) = (uint)(bufferAndHash >> 32);
            *(uint*)(columns + GatheredKeys<Ipv4FlowKey>.LengthsOffset + (row / 4)) = (uint)length;
            continue;

        Other:
            others |= 1UL << (int)(row / RowLength);
        }

        return others;
    }
}
