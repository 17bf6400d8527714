namespace OpenNetVM.Core.Headers;

/// <summary>
/// The extension headers of an IPv6 packet (RFC 8200): hop-by-hop, routing, fragment and destination options. AH, ESP, mobility and everything
/// else end the chain. Use it with <c>foreach</c>, or call <see cref="MoveNext"/> until it is false to see <see cref="NextHeader"/>,
/// <see cref="Rest"/> and <see cref="End"/> afterwards. Allocates nothing.
/// </summary>
public ref struct Ipv6Extensions
{
    private readonly Span<byte> _bytes;
    private int _next;

    internal Ipv6Extensions(byte nextHeader, Span<byte> bytes)
    {
        NextHeader = nextHeader;
        _bytes = bytes;
    }

    /// <summary>The extension header that the last <see cref="MoveNext"/> found.</summary>
    public Ipv6Extension Current { get; private set; }

    /// <summary>Number of what follows the headers seen so far; after the last one, the transport protocol.</summary>
    public byte NextHeader { get; private set; }

    /// <summary>Whether the headers seen so far make the packet a fragment.</summary>
    public FragmentKind Fragment { get; private set; }

    /// <summary>Why <see cref="MoveNext"/> returned false: complete, or malformed where the chain is cut.</summary>
    public OptionsEnd End { get; private set; }

    /// <summary>What follows the headers seen so far.</summary>
    public readonly Span<byte> Rest => _bytes[_next..];

    /// <summary>A copy that starts where this one stands, for <c>foreach</c>.</summary>
    public readonly Ipv6Extensions GetEnumerator() => this;

    /// <summary>Goes to the next extension header; false at the end, whose reason <see cref="End"/> has.</summary>
    public bool MoveNext()
    {
        if (End != OptionsEnd.NotReached)
            return false;

        // Behind the header of a later fragment there is a piece of data, not a header, whatever the number says.
        if (Fragment == FragmentKind.Later || !IpProtocols.IsIpv6Extension(NextHeader))
            return Stop(OptionsEnd.Complete);

        Span<byte> rest = Rest;
        if (rest.Length < 8)
            return Stop(OptionsEnd.Malformed);
        int length = NextHeader == IpProtocols.Fragment ? 8 : (rest[1] + 1) * 8;
        if (length > rest.Length)
            return Stop(OptionsEnd.Malformed);

        Ipv6Extension extension = new(NextHeader, rest[..length]);
        if (extension.FragmentOffset != 0)
            Fragment = FragmentKind.Later;
        else if (extension.MoreFragments)
            Fragment = FragmentKind.First;
        NextHeader = extension.NextHeader;
        Current = extension;
        _next += length;
        return true;
    }

    private bool Stop(OptionsEnd reason)
    {
        Current = default;
        End = reason;
        return false;
    }
}
