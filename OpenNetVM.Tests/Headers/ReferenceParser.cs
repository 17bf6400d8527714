using OpenNetVM.Core.Headers;

namespace OpenNetVM.Tests.Headers;

/// <summary>
/// The definitions of FlowKeyReader once more, written as plainly as possible and without its code: what the reader is compared with on frames that
/// nobody has counted by hand.
/// </summary>
internal struct ReferenceParser
{
    public FlowKeyStatus Status;
    public FragmentKind Fragment;
    public byte Protocol;
    public UInt128 Source;
    public UInt128 Destination;
    public int SourcePort;
    public int DestinationPort;
    public int Vlans;
    public int Labels;

    public static ReferenceParser Parse(ReadOnlySpan<byte> frame)
    {
        ReferenceParser result = default;
        result.Status = result.Link(frame);
        return result;
    }

    private static int Pair(ReadOnlySpan<byte> bytes, int at) => (bytes[at] * 256) + bytes[at + 1];

    private FlowKeyStatus Link(ReadOnlySpan<byte> frame)
    {
        if (frame.Length < 14)
            return FlowKeyStatus.TruncatedLink;
        int type = Pair(frame, 12);
        ReadOnlySpan<byte> rest = frame[14..];
        while (true)
        {
            if (type is 0x8100 or 0x88A8 or 0x9100)
            {
                if (rest.Length < 4)
                    return FlowKeyStatus.TruncatedLink;
                Vlans++;
                type = Pair(rest, 2);
                rest = rest[4..];
            }
            else if (type <= 1500 && rest.Length >= 8 && Convert.ToHexString(rest[..6]) == "AAAA03000000")
            {
                type = Pair(rest, 6);
                rest = rest[8..];
            }
            else
            {
                break;
            }
        }

        if (type is 0x8847 or 0x8848)
        {
            bool bottom = false;
            while (!bottom)
            {
                if (rest.Length < 4)
                    return FlowKeyStatus.TruncatedLink;
                bottom = rest[2] % 2 == 1;
                Labels++;
                rest = rest[4..];
            }

            if (rest.Length == 0)
                return FlowKeyStatus.TruncatedLink;
            type = (rest[0] / 16) switch { 4 => 0x0800, 6 => 0x86DD, _ => 0 };
        }
        else if (type == 0x8864)
        {
            if (rest.Length < 8)
                return FlowKeyStatus.TruncatedLink;
            type = Pair(rest, 6) switch { 0x21 => 0x0800, 0x57 => 0x86DD, _ => 0 };
            rest = rest[8..];
        }

        return type switch
        {
            0x0800 => Version4(rest),
            0x86DD => Version6(rest),
            _ => FlowKeyStatus.NotIp,
        };
    }

    private FlowKeyStatus Version4(ReadOnlySpan<byte> ip)
    {
        if (ip.Length < 20)
            return FlowKeyStatus.TruncatedIp;
        int header = (ip[0] % 16) * 4;
        int total = Pair(ip, 2);
        if (ip[0] / 16 != 4 || header < 20 || (total > 0 && total < header))
            return FlowKeyStatus.MalformedIp;
        if (total > 0 && total < ip.Length)
            ip = ip[..total];
        int place = Pair(ip, 6) % 8192;
        bool more = (ip[6] & 0x20) != 0;
        Fragment = place > 0 ? FragmentKind.Later : more ? FragmentKind.First : FragmentKind.None;
        Protocol = ip[9];
        for (int i = 0; i < 4; i++)
        {
            Source = (Source * 256) + ip[12 + i];
            Destination = (Destination * 256) + ip[16 + i];
        }

        Ports(header < ip.Length ? ip[header..] : default);
        return FlowKeyStatus.Ipv4;
    }

    private FlowKeyStatus Version6(ReadOnlySpan<byte> ip)
    {
        if (ip.Length < 40)
            return FlowKeyStatus.TruncatedIp;
        if (ip[0] / 16 != 6)
            return FlowKeyStatus.MalformedIp;
        int payload = Pair(ip, 4);
        if (payload > 0 && 40 + payload < ip.Length)
            ip = ip[..(40 + payload)];
        for (int i = 0; i < 16; i++)
        {
            Source = (Source * 256) + ip[8 + i];
            Destination = (Destination * 256) + ip[24 + i];
        }

        Protocol = ip[6];
        ReadOnlySpan<byte> rest = ip[40..];
        while (Protocol is 0 or 43 or 44 or 60 && rest.Length >= 8)
        {
            bool isFragment = Protocol == 44;
            Protocol = rest[0];
            if (isFragment)
            {
                if (Pair(rest, 2) / 8 > 0)
                {
                    Fragment = FragmentKind.Later;
                    return FlowKeyStatus.Ipv6;
                }

                if (rest[3] % 2 == 1)
                    Fragment = FragmentKind.First;
                rest = rest[8..];
            }
            else
            {
                int length = (rest[1] * 8) + 8;
                rest = length < rest.Length ? rest[length..] : default;
            }
        }

        Ports(rest);
        return FlowKeyStatus.Ipv6;
    }

    private void Ports(ReadOnlySpan<byte> transport)
    {
        if (Fragment == FragmentKind.Later || Protocol is not (6 or 17 or 132) || transport.Length < 4)
            return;
        SourcePort = Pair(transport, 0);
        DestinationPort = Pair(transport, 2);
    }
}
