namespace OpenNetVM.Core.Headers;

/// <summary>One extension header of an IPv6 packet (see <see cref="Ipv6Extensions"/>): a view, writes go to the packet.</summary>
public readonly ref struct Ipv6Extension
{
    internal Ipv6Extension(byte kind, Span<byte> bytes)
    {
        Kind = kind;
        Bytes = bytes;
    }

    /// <summary>Which header it is: <see cref="IpProtocols.HopByHop"/>, <see cref="IpProtocols.Routing"/>, <see cref="IpProtocols.Fragment"/> or <see cref="IpProtocols.DestinationOptions"/>.</summary>
    public byte Kind { get; }

    /// <summary>The whole extension header, a multiple of 8 bytes.</summary>
    public Span<byte> Bytes { get; }

    /// <summary>Number of what follows this header.</summary>
    public byte NextHeader => Bytes[0];

    /// <summary>What follows next header and length: options, routing data, or the fragment fields.</summary>
    public Span<byte> Data => Bytes[2..];

    /// <summary>Of a fragment header: the place of this fragment in the datagram, in bytes; 0 for other kinds.</summary>
    public int FragmentOffset => Kind == IpProtocols.Fragment ? Wire.U16(Bytes, 2) & 0xFFF8 : 0;

    /// <summary>Of a fragment header: whether more fragments follow; false for other kinds.</summary>
    public bool MoreFragments => Kind == IpProtocols.Fragment && (Bytes[3] & 1) != 0;

    /// <summary>Of a fragment header: the number that is the same in all fragments of a datagram; 0 for other kinds.</summary>
    public uint Identification => Kind == IpProtocols.Fragment ? Wire.U32(Bytes, 4) : 0;
}
