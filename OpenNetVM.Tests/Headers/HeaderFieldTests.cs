using OpenNetVM.Core.Headers;

namespace OpenNetVM.Tests.Headers;

public class HeaderFieldTests
{
    private delegate bool Parser<T>(Span<byte> bytes, out T view)
        where T : allows ref struct;

    private delegate uint Getter<in T>(T view)
        where T : allows ref struct;

    private delegate void Setter<in T>(T view, uint value)
        where T : allows ref struct;

    [Fact]
    public void Setting_a_field_changes_that_field_alone()
    {
        CheckFields<Ipv4Header>(Ipv4Header.TryParse, HandMadeFrames.Tcp4[14..34],
            ("dscp", 63, h => h.Dscp, (h, v) => h.Dscp = (byte)v),
            ("ecn", 3, h => h.Ecn, (h, v) => h.Ecn = (byte)v),
            ("identification", 0xFFFF, h => h.Identification, (h, v) => h.Identification = (ushort)v),
            ("df", 1, h => h.DontFragment ? 1u : 0, (h, v) => h.DontFragment = (v & 1) != 0),
            ("mf", 1, h => h.MoreFragments ? 1u : 0, (h, v) => h.MoreFragments = (v & 1) != 0),
            ("offset", 0xFFF8, h => (uint)h.FragmentOffset, (h, v) => h.FragmentOffset = (int)v),
            ("ttl", 255, h => h.TimeToLive, (h, v) => h.TimeToLive = (byte)v),
            ("protocol", 255, h => h.Protocol, (h, v) => h.Protocol = (byte)v),
            ("checksum", 0xFFFF, h => h.Checksum, (h, v) => h.Checksum = (ushort)v),
            ("source", uint.MaxValue, h => h.Source, (h, v) => h.Source = v),
            ("destination", uint.MaxValue, h => h.Destination, (h, v) => h.Destination = v));
        CheckFields<Ipv6Header>(Ipv6Header.TryParse, HandMadeFrames.Tcp6[14..54],
            ("dscp", 63, h => h.Dscp, (h, v) => h.Dscp = (byte)v),
            ("ecn", 3, h => h.Ecn, (h, v) => h.Ecn = (byte)v),
            ("label", 0xF_FFFF, h => h.FlowLabel, (h, v) => h.FlowLabel = v),
            ("length", 0xFFFF, h => h.PayloadLength, (h, v) => h.PayloadLength = (ushort)v),
            ("next", 255, h => h.NextHeader, (h, v) => h.NextHeader = (byte)v),
            ("hops", 255, h => h.HopLimit, (h, v) => h.HopLimit = (byte)v),
            ("source", uint.MaxValue, h => (uint)(h.Source >> 96), (h, v) => h.Source = new UInt128((ulong)v << 32, v)),
            ("destination", uint.MaxValue, h => (uint)h.Destination, (h, v) => h.Destination = new UInt128(v, v)));
        CheckFields<TcpHeader>(TcpHeader.TryParse, HandMadeFrames.Tcp4[34..54],
            ("source", 0xFFFF, h => h.SourcePort, (h, v) => h.SourcePort = (ushort)v),
            ("destination", 0xFFFF, h => h.DestinationPort, (h, v) => h.DestinationPort = (ushort)v),
            ("sequence", uint.MaxValue, h => h.SequenceNumber, (h, v) => h.SequenceNumber = v),
            ("acknowledgment", uint.MaxValue, h => h.AcknowledgmentNumber, (h, v) => h.AcknowledgmentNumber = v),
            ("flags", 0x1FF, h => (uint)h.Flags, (h, v) => h.Flags = (TcpFlags)v),
            ("window", 0xFFFF, h => h.Window, (h, v) => h.Window = (ushort)v),
            ("checksum", 0xFFFF, h => h.Checksum, (h, v) => h.Checksum = (ushort)v),
            ("urgent", 0xFFFF, h => h.UrgentPointer, (h, v) => h.UrgentPointer = (ushort)v));
        CheckFields<UdpHeader>(UdpHeader.TryParse, HandMadeFrames.Udp4[34..44],
            ("source", 0xFFFF, h => h.SourcePort, (h, v) => h.SourcePort = (ushort)v),
            ("destination", 0xFFFF, h => h.DestinationPort, (h, v) => h.DestinationPort = (ushort)v),
            ("length", 0xFFFF, h => h.Length, (h, v) => h.Length = (ushort)v),
            ("checksum", 0xFFFF, h => h.Checksum, (h, v) => h.Checksum = (ushort)v));
        CheckFields<SctpHeader>(SctpHeader.TryParse, HandMadeFrames.Sctp4[34..66],
            ("source", 0xFFFF, h => h.SourcePort, (h, v) => h.SourcePort = (ushort)v),
            ("destination", 0xFFFF, h => h.DestinationPort, (h, v) => h.DestinationPort = (ushort)v),
            ("tag", uint.MaxValue, h => h.VerificationTag, (h, v) => h.VerificationTag = v),
            ("checksum", uint.MaxValue, h => h.Checksum, (h, v) => h.Checksum = v));
        CheckFields<VlanTag>(VlanTag.TryParse, HandMadeFrames.Vlan[14..18],
            ("priority", 7, t => t.Priority, (t, v) => t.Priority = (byte)v),
            ("drop", 1, t => t.DropEligible ? 1u : 0, (t, v) => t.DropEligible = (v & 1) != 0),
            ("id", 0xFFF, t => t.VlanId, (t, v) => t.VlanId = (ushort)v),
            ("type", 0xFFFF, t => t.EtherType, (t, v) => t.EtherType = (ushort)v));
        CheckFields<MplsLabel>(MplsLabel.TryParse, HandMadeFrames.Mpls[14..18],
            ("label", 0xF_FFFF, l => l.Label, (l, v) => l.Label = v),
            ("class", 7, l => l.TrafficClass, (l, v) => l.TrafficClass = (byte)v),
            ("bottom", 1, l => l.IsBottomOfStack ? 1u : 0, (l, v) => l.IsBottomOfStack = (v & 1) != 0),
            ("ttl", 255, l => l.TimeToLive, (l, v) => l.TimeToLive = (byte)v));
        CheckFields<EthernetHeader>(EthernetHeader.TryParse, HandMadeFrames.Tcp4,
            ("destination", uint.MaxValue, h => (uint)h.Destination.Value, (h, v) => h.Destination = new(v)),
            ("source", uint.MaxValue, h => (uint)h.Source.Value, (h, v) => h.Source = new(v)),
            ("type", 0xFFFF, h => h.EtherType, (h, v) => h.EtherType = (ushort)v));
        CheckFields<ArpPacket>(ArpPacket.TryParse, HandMadeFrames.Arp[14..],
            ("operation", 0xFFFF, p => (uint)p.Operation, (p, v) => p.Operation = (ArpOperation)v),
            ("sender mac", uint.MaxValue, p => (uint)p.SenderMac.Value, (p, v) => p.SenderMac = new(v)),
            ("sender ip", uint.MaxValue, p => p.SenderIp, (p, v) => p.SenderIp = v),
            ("target mac", uint.MaxValue, p => (uint)p.TargetMac.Value, (p, v) => p.TargetMac = new(v)),
            ("target ip", uint.MaxValue, p => p.TargetIp, (p, v) => p.TargetIp = v));
        CheckFields<IcmpHeader>(IcmpHeader.TryParse, HandMadeFrames.Icmp4[34..],
            ("type", 255, h => h.Type, (h, v) => h.Type = (byte)v),
            ("code", 255, h => h.Code, (h, v) => h.Code = (byte)v),
            ("checksum", 0xFFFF, h => h.Checksum, (h, v) => h.Checksum = (ushort)v),
            ("identifier", 0xFFFF, h => h.Identifier, (h, v) => h.Identifier = (ushort)v),
            ("sequence", 0xFFFF, h => h.SequenceNumber, (h, v) => h.SequenceNumber = (ushort)v));
        CheckFields<Icmpv6Header>(Icmpv6Header.TryParse, HandMadeFrames.Icmp6[54..],
            ("type", 255, h => h.Type, (h, v) => h.Type = (byte)v),
            ("code", 255, h => h.Code, (h, v) => h.Code = (byte)v),
            ("checksum", 0xFFFF, h => h.Checksum, (h, v) => h.Checksum = (ushort)v),
            ("identifier", 0xFFFF, h => h.Identifier, (h, v) => h.Identifier = (ushort)v),
            ("sequence", 0xFFFF, h => h.SequenceNumber, (h, v) => h.SequenceNumber = (ushort)v));
        CheckFields<PppoeHeader>(PppoeHeader.TryParse, HandMadeFrames.Pppoe[14..],
            ("session", 0xFFFF, h => h.SessionId, (h, v) => h.SessionId = (ushort)v),
            ("length", 0xFFFF, h => h.PayloadLength, (h, v) => h.PayloadLength = (ushort)v),
            ("protocol", 0xFFFF, h => h.Protocol, (h, v) => h.Protocol = (ushort)v));
    }

    private static void CheckFields<T>(Parser<T> parser, byte[] bytes, params (string Name, uint Mask, Getter<T> Get, Setter<T> Set)[] fields)
        where T : allows ref struct
    {
        Random random = new(3);
        for (int round = 0; round < 50; round++)
        {
            // Other fields are filled in between, so that "unchanged" is said of all ones and all zeros too.
            foreach (var field in fields)
            {
                Assert.True(parser(bytes, out T view), typeof(T).Name);
                uint[] before = new uint[fields.Length];
                for (int i = 0; i < fields.Length; i++)
                    before[i] = fields[i].Get(view);
                uint value = round switch { 0 => uint.MaxValue, 1 => 0, _ => (uint)random.NextInt64(1L << 32) };
                byte[] copy = [.. bytes];
                field.Set(view, value);
                for (int i = 0; i < fields.Length; i++)
                {
                    uint expected = fields[i].Name == field.Name ? value & field.Mask : before[i];
                    Assert.True(expected == fields[i].Get(view), $"{typeof(T).Name}: setting {field.Name} to {value:x} left {fields[i].Name} at {fields[i].Get(view):x}, not {expected:x}");
                }

                // Lengths decide what can be viewed: they are tried, and put back.
                if (field.Name is "length")
                    copy.CopyTo(bytes, 0);
            }
        }
    }
}
