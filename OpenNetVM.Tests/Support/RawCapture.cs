using System.Buffers.Binary;

namespace OpenNetVM.Tests.Support;

/// <summary>
/// The frames of a capture file, read with nothing but this code: an oracle must not lean on what it checks. Knows pcap (both byte orders, both
/// time resolutions) and the blocks of pcapng that carry frames; trusts the file, so it is for test data only.
/// </summary>
public static class RawCapture
{
    /// <summary>Link type of Ethernet.</summary>
    public const int Ethernet = 1;

    /// <summary>Link type of Linux cooked capture, version 1.</summary>
    public const int LinuxSll = 113;

    /// <summary>One captured frame.</summary>
    public readonly record struct Frame(byte[] Data, int WireLength, int LinkType);

    /// <summary>The real captures that the ground truth knows.</summary>
    public static TheoryData<string> RealCaptures =>
    [
        "nDPI__1kxun.pcap", "nDPI__dns_fragmented.pcap", "nDPI__fuzz-2006-06-26-2594.pcap", "nDPI__icmp-tunnel.pcap", "nDPI__reddit.pcap",
        "nDPI__sites.pcapng", "nDPI__synscan.pcap", "nDPI__teams.pcap", "tcpdump__bigtcp-ipv4.pcap", "tcpdump__tcp-handshake-nano.pcap",
        "tcpdump__various_gre.pcap", "tcpreplay__test.pcap", "zeek__erspan.pcap", "zeek__methods.pcap", "zeek__mixed-vlan-mpls.pcap",
        "zeek__pppoe-over-qinq.pcap", "zeek__sctp.pcap", "zeek__truncated-header.pcap",
    ];

    /// <summary>Reads all frames of a file.</summary>
    public static List<Frame> Read(string path)
    {
        byte[] file = File.ReadAllBytes(path);
        return BinaryPrimitives.ReadUInt32LittleEndian(file) == 0x0A0D0D0A ? ReadNextGeneration(file) : ReadClassic(file);
    }

    private static List<Frame> ReadClassic(byte[] file)
    {
        bool little = BinaryPrimitives.ReadUInt32LittleEndian(file) is 0xA1B2C3D4 or 0xA1B23C4D;
        int linkType = Number(file, 20, little);
        List<Frame> frames = [];
        for (int at = 24; at + 16 <= file.Length;)
        {
            int captured = Number(file, at + 8, little);
            frames.Add(new(file[(at + 16)..(at + 16 + captured)], Number(file, at + 12, little), linkType));
            at += 16 + captured;
        }

        return frames;
    }

    private static List<Frame> ReadNextGeneration(byte[] file)
    {
        const int SectionHeader = 0x0A0D0D0A;
        const int InterfaceDescription = 1;
        const int EnhancedPacket = 6;
        bool little = true;
        List<int> linkTypes = [];
        List<Frame> frames = [];
        for (int at = 0; at + 12 <= file.Length;)
        {
            if (BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(at)) == SectionHeader)
            {
                little = BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(at + 8)) == 0x1A2B3C4D;
                linkTypes.Clear();
            }

            switch (Number(file, at, little))
            {
                case InterfaceDescription:
                    linkTypes.Add(little ? BinaryPrimitives.ReadUInt16LittleEndian(file.AsSpan(at + 8)) : BinaryPrimitives.ReadUInt16BigEndian(file.AsSpan(at + 8)));
                    break;
                case EnhancedPacket:
                    int captured = Number(file, at + 20, little);
                    frames.Add(new(file[(at + 28)..(at + 28 + captured)], Number(file, at + 24, little), linkTypes[Number(file, at + 8, little)]));
                    break;
            }

            at += Number(file, at + 4, little);
        }

        return frames;
    }

    private static int Number(byte[] file, int at, bool little) =>
        little ? BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(at)) : BinaryPrimitives.ReadInt32BigEndian(file.AsSpan(at));
}
