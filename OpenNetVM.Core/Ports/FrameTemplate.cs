using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OpenNetVM.Core.Headers;

namespace OpenNetVM.Core.Ports;

/// <summary>
/// Immutable. The frame of one kind (IPv4 or IPv6, UDP or TCP) at its largest size, and what changes in it from flow to flow and from size to
/// size. Sums are partial Internet checksums (RFC 1071) in host order.
/// </summary>
internal sealed unsafe class FrameTemplate
{
    public const int Kinds = 4;

    private const int Ethernet = 14;

    public FrameTemplate(int kind, GeneratorPortOptions options)
    {
        bool ipv6 = (kind & 1) != 0;
        bool tcp = (kind & 2) != 0;
        int network = Ethernet;
        int transport = Ethernet + (ipv6 ? 40 : 20);
        int size = options.Sizes.Largest;
        Ipv6 = ipv6;
        Protocol = tcp ? IpProtocols.Tcp : IpProtocols.Udp;
        Transport = transport;
        Payload = transport + (tcp ? 20 : 8);
        SourceOffset = network + (ipv6 ? 8 + 12 : 12);
        DestinationOffset = network + (ipv6 ? 24 + 12 : 16);
        IpLengthOffset = network + (ipv6 ? 4 : 2);
        ChecksumOffset = transport + (tcp ? 16 : 6);

        // Pinned: the queues copy from its address, burst after burst.
        Bytes = GC.AllocateArray<byte>(Math.Max(size, Payload), pinned: true);
        Address = (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(Bytes));

        Span<byte> frame = Bytes;
        options.Destination.TryWriteBytes(frame);
        options.Source.TryWriteBytes(frame[6..]);
        BinaryPrimitives.WriteUInt16BigEndian(frame[12..], ipv6 ? EtherTypes.Ipv6 : EtherTypes.Ipv4);
        Span<byte> ip = frame[network..transport];
        if (ipv6)
        {
            // 2001:2::/48 is set aside for benchmarks (RFC 5180); the flows differ in the last 32 bits.
            ip[0] = 0x60;
            ip[6] = Protocol;
            ip[7] = 64;
            BinaryPrimitives.WriteUInt64BigEndian(ip[8..], 0x2001_0002_0000_0001);
            BinaryPrimitives.WriteUInt64BigEndian(ip[24..], 0x2001_0002_0000_0002);
        }
        else
        {
            ip[0] = 0x45;
            ip[6] = 0x40;
            ip[8] = 64;
            ip[9] = Protocol;
        }

        if (tcp)
        {
            frame[transport + 7] = 1;
            frame[transport + 11] = 1;
            frame[transport + 12] = 5 << 4;
            frame[transport + 13] = 0x18;
            BinaryPrimitives.WriteUInt16BigEndian(frame[(transport + 14)..], 0xFFFF);
        }

        for (int i = Payload; i < Bytes.Length; i++)
            frame[i] = PatternAt(i - Payload);

        NetworkSum = ipv6 ? 0 : InternetChecksum.Sum(ip);
        uint pseudo = InternetChecksum.Sum(ipv6 ? ip[8..40] : default) + Protocol;
        TransportSum = pseudo + InternetChecksum.Sum(frame[transport..Payload]);
        SizeSums = new ushort[Bytes.Length + 1];
        uint payload = 0;
        for (int length = Payload; length <= Bytes.Length; length++)
        {
            // The length stands in the pseudo-header, and in UDP once more in the header.
            uint sum = (uint)(length - transport) * (tcp ? 1u : 2u);
            int at = length - 1;
            if (length > Payload)
                payload += ((at - Payload) & 1) == 0 ? (uint)frame[at] << 8 : frame[at];
            payload = (ushort)payload + (payload >> 16);
            SizeSums[length] = Fold(sum + payload);
        }

        // The sums above are without lengths; from here on the template has those of its full size, which is the only one where sizes are fixed.
        PutLengths(Address, Bytes.Length);
    }

    public byte[] Bytes { get; }

    /// <summary>Where <see cref="Bytes"/> lies for as long as the template lives.</summary>
    public byte* Address { get; }

    public bool Ipv6 { get; }

    public byte Protocol { get; }

    public int Transport { get; }

    public int Payload { get; }

    public int SourceOffset { get; }

    public int DestinationOffset { get; }

    public int IpLengthOffset { get; }

    public int ChecksumOffset { get; }

    /// <summary>The IPv4 header without addresses, length and checksum.</summary>
    public uint NetworkSum { get; }

    /// <summary>Pseudo-header and transport header without what differs between flows and sizes.</summary>
    public uint TransportSum { get; }

    /// <summary>By frame size: the lengths in pseudo-header and header, and the payload.</summary>
    public ushort[] SizeSums { get; }

    /// <summary>Writes the lengths of IP and UDP into a frame of this kind.</summary>
    public void PutLengths(byte* frame, int size)
    {
        int transport = size - Transport;
        int length = Ipv6 ? transport : size - Ethernet;
        Unsafe.WriteUnaligned(frame + IpLengthOffset, BinaryPrimitives.ReverseEndianness((ushort)length));
        if (Protocol == IpProtocols.Udp)
            Unsafe.WriteUnaligned(frame + Transport + 4, BinaryPrimitives.ReverseEndianness((ushort)transport));
    }

    /// <summary>The byte of every payload at an offset from its start.</summary>
    public static byte PatternAt(int offset) => (byte)offset;

    public static ushort Fold(uint sum)
    {
        sum = (ushort)sum + (sum >> 16);
        return (ushort)(sum + (sum >> 16));
    }

    /// <summary>The smallest frame of a kind.</summary>
    public static int SmallestOf(bool ipv6, bool tcp) => Ethernet + (ipv6 ? 40 : 20) + (tcp ? 20 : 8);
}
