using System.Buffers.Binary;
using OpenNetVM.Core.Headers;
using OpenNetVM.Core.Memory;
using OpenNetVM.Core.Packets;
using OpenNetVM.OpenFlow.Actions;
using OpenNetVM.OpenFlow.Agent;
using OpenNetVM.OpenFlow.Datapath;
using OpenNetVM.OpenFlow.Matches;
using OpenNetVM.Testing;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.OpenFlow;

/// <summary>What each action makes of packets of each kind: the packet that would have been built with the new value.</summary>
public sealed class PacketEditorTests
{
    private static readonly UInt128 NewIpv6 = new(0xFD00_1111_2222_3333, 0x4444_5555_6666_7777);

    /// <summary>A field with its new value, and the packet as it has to be then; null where the packet has no such field.</summary>
    private static readonly (OxmFieldId Field, UInt128 Value, Func<SamplePacket, SamplePacket?> Expected)[] Fields =
    [
        (OxmFieldId.EthernetDestination, 0x0611_2233_4455, packet => packet with { EthernetDestination = 0x0611_2233_4455 }),
        (OxmFieldId.EthernetSource, 0x0611_2233_4455, packet => packet with { EthernetSource = 0x0611_2233_4455 }),
        (OxmFieldId.EthernetType, 0x88B5, packet => packet with { EtherType = 0x88B5 }),
        (OxmFieldId.VlanId, FlowMatch.VlanPresent | 0xABC, packet => packet.Tags == 0 ? null : packet with { VlanId = 0xABC }),
        (OxmFieldId.VlanPriority, 6, packet => packet.Tags == 0 ? null : packet with { Priority = 6 }),
        (OxmFieldId.IpDscp, 21, packet => packet with { Dscp = 21 }),
        (OxmFieldId.IpEcn, 2, packet => packet with { Ecn = 2 }),
        (OxmFieldId.IpProtocol, 253, packet => packet with { GivenProtocol = 253 }),
        (OxmFieldId.Ipv4Source, 0xC0A8_63FD, packet => packet.IsIpv6 ? null : packet with { Source = 0xC0A8_63FD }),
        (OxmFieldId.Ipv4Destination, 0xC0A8_63FD, packet => packet.IsIpv6 ? null : packet with { Destination = 0xC0A8_63FD }),
        (OxmFieldId.Ipv6Source, NewIpv6, packet => packet.IsIpv6 ? packet with { Source = NewIpv6 } : null),
        (OxmFieldId.Ipv6Destination, NewIpv6, packet => packet.IsIpv6 ? packet with { Destination = NewIpv6 } : null),
        (OxmFieldId.Ipv6FlowLabel, 0x12345, packet => packet.IsIpv6 ? packet with { FlowLabel = 0x12345 } : null),
        (OxmFieldId.TcpSource, 40000, packet => packet.IsTcp ? packet with { SourcePort = 40000 } : null),
        (OxmFieldId.TcpDestination, 40000, packet => packet.IsTcp ? packet with { DestinationPort = 40000 } : null),
        (OxmFieldId.UdpSource, 40000, packet => packet.IsUdp ? packet with { SourcePort = 40000 } : null),
        (OxmFieldId.UdpDestination, 40000, packet => packet.IsUdp ? packet with { DestinationPort = 40000 } : null),
        (OxmFieldId.SctpSource, 40000, packet => packet.IsSctp ? packet with { SourcePort = 40000 } : null),
        (OxmFieldId.SctpDestination, 40000, packet => packet.IsSctp ? packet with { DestinationPort = 40000 } : null),
        (OxmFieldId.Icmpv4Type, 17, packet => packet.IsIcmp ? packet with { IcmpType = 17 } : null),
        (OxmFieldId.Icmpv4Code, 17, packet => packet.IsIcmp ? packet with { IcmpCode = 17 } : null),
        (OxmFieldId.Icmpv6Type, 200, packet => packet.IsIcmpv6 ? packet with { IcmpType = 200 } : null),
        (OxmFieldId.Icmpv6Code, 17, packet => packet.IsIcmpv6 ? packet with { IcmpCode = 17 } : null),
        (OxmFieldId.Ipv6NdTarget, NewIpv6, packet => packet.IsSolicitation || packet.IsAdvertisement ? packet with { Target = NewIpv6 } : null),
        (OxmFieldId.Ipv6NdSourceHardware, 0x0611_2233_4455, packet => packet.IsSolicitation ? packet with { LinkAddress = 0x0611_2233_4455 } : null),
        (OxmFieldId.Ipv6NdTargetHardware, 0x0611_2233_4455, packet => packet.IsAdvertisement ? packet with { LinkAddress = 0x0611_2233_4455 } : null),
        (OxmFieldId.ArpOperation, 2, _ => null),
        (OxmFieldId.ArpSourceIpv4, 2, _ => null),
        (OxmFieldId.ArpTargetIpv4, 2, _ => null),
        (OxmFieldId.ArpSourceHardware, 2, _ => null),
        (OxmFieldId.ArpTargetHardware, 2, _ => null),
    ];

    private static EditResult Apply(ref byte[] frame, OpenFlowAction action)
    {
        ScratchFrame scratch = new();
        scratch.Load(frame);
        EditResult result = PacketEditor.Apply(ref scratch, action);
        frame = scratch.Data.ToArray();
        return result;
    }

    // The packet that was expected; or, where none was, an untouched one that had nothing to change.
    private static void Check(SamplePacket packet, OpenFlowAction action, byte[]? expected, EditResult otherwise = EditResult.NotPresent)
    {
        byte[] frame = packet.Build();
        byte[] before = [.. frame];
        EditResult result = Apply(ref frame, action);
        Assert.True(result == (expected is null ? otherwise : EditResult.Done), $"{action} on {packet}: {result}");
        FrameAssert.Equal(expected ?? before, frame);
    }

    public static TheoryData<string> FieldNames => [.. Fields.Select(known => known.Field.ToString())];

    [Theory]
    [MemberData(nameof(FieldNames))]
    public void A_set_field_makes_the_packet_that_would_have_been_sent_with_that_value(string name)
    {
        (OxmFieldId id, UInt128 value, Func<SamplePacket, SamplePacket?> expected) = Fields.Single(field => field.Field.ToString() == name);
        foreach (SamplePacket packet in SamplePacket.All())
            Check(packet, new SetFieldAction(new OxmField(id, value)), expected(packet)?.Build());
    }

    [Fact]
    public void Every_field_that_can_be_matched_can_be_set_but_the_port_a_packet_came_by() =>
        Assert.Equal(Enum.GetValues<OxmFieldId>().Where(id => PacketFields.Has(id) && id != OxmFieldId.InPort), Fields.Select(field => field.Field).Order());

    [Fact]
    public void The_fields_of_an_arp_packet_are_set()
    {
        // Where each is in the packet (RFC 826), and in how many bytes.
        (OxmFieldId Field, UInt128 Value, int Offset, int Length)[] fields =
        [
            (OxmFieldId.ArpOperation, 0x0203, 6, 2), (OxmFieldId.ArpSourceHardware, 0x0611_2233_4455, 8, 6), (OxmFieldId.ArpSourceIpv4, 0xC0A8_0105, 14, 4),
            (OxmFieldId.ArpTargetHardware, 0x0611_2233_4455, 18, 6), (OxmFieldId.ArpTargetIpv4, 0xC0A8_0105, 24, 4),
        ];
        foreach (PacketBuilder start in new[] { PacketBuilder.Ethernet(), PacketBuilder.Ethernet().Vlan(5), PacketBuilder.Ethernet().QinQ(5, 6) })
        {
            byte[] frame = start.ArpReply("10.0.0.1", "10.0.0.2").PadTo(60).Build();
            byte[] expected = [.. frame];
            int arp = start.Length;
            foreach ((OxmFieldId id, UInt128 value, int offset, int length) in fields)
            {
                byte[] bytes = new byte[16];
                BinaryPrimitives.WriteUInt128BigEndian(bytes, value);
                bytes.AsSpan(16 - length).CopyTo(expected.AsSpan(arp + offset));
                Assert.Equal(EditResult.Done, Apply(ref frame, new SetFieldAction(new OxmField(id, value))));
                FrameAssert.Equal(expected, frame);
            }

            foreach (OxmFieldId id in new[] { OxmFieldId.Ipv4Source, OxmFieldId.IpDscp, OxmFieldId.IpProtocol, OxmFieldId.TcpSource })
                Assert.Equal(EditResult.NotPresent, Apply(ref frame, new SetFieldAction(new OxmField(id, 1))));
            Assert.Equal(EditResult.NotPresent, Apply(ref frame, new DecrementTtlAction()));
            FrameAssert.Equal(expected, frame);
        }
    }

    [Fact]
    public void The_port_actions_of_OpenFlow_1_0_set_the_ports_of_whatever_has_ports()
    {
        foreach (SamplePacket packet in SamplePacket.All())
        {
            bool hasPorts = packet.IsTcp || packet.IsUdp || packet.IsSctp;
            Check(packet, new SetTransportPortAction(IsDestination: false, 40000), hasPorts ? (packet with { SourcePort = 40000 }).Build() : null);
            Check(packet, new SetTransportPortAction(IsDestination: true, 40000), hasPorts ? (packet with { DestinationPort = 40000 }).Build() : null);
        }
    }

    [Fact]
    public void The_time_to_live_is_set_and_counted_down_and_a_packet_at_its_end_is_told()
    {
        foreach (SamplePacket packet in SamplePacket.All())
        {
            Check(packet, new SetTtlAction(9), (packet with { Ttl = 9 }).Build());
            Check(packet, new DecrementTtlAction(), (packet with { Ttl = 63 }).Build());
            Check(packet with { Ttl = 2 }, new DecrementTtlAction(), (packet with { Ttl = 1 }).Build());
            Check(packet with { Ttl = 1 }, new DecrementTtlAction(), null, EditResult.TtlExpired);
            Check(packet with { Ttl = 0 }, new DecrementTtlAction(), null, EditResult.TtlExpired);
            Check(packet, new SetTtlAction(0), null, EditResult.TtlExpired);
        }
    }

    [Fact]
    public void A_pushed_tag_has_the_id_and_priority_of_the_tag_that_it_covers()
    {
        foreach (SamplePacket packet in SamplePacket.All())
        {
            byte[] frame = packet.Build();
            byte[] tag = packet.Tags == 0 ? [0, 0] : [3 << 5, 5];
            Check(packet, new PushVlanAction(EtherTypes.Vlan), [.. frame[..12], 0x81, 0x00, .. tag, .. frame[12..]]);
            Check(packet, new PushVlanAction(EtherTypes.ServiceVlan), [.. frame[..12], 0x88, 0xA8, .. tag, .. frame[12..]]);
        }

        // "Drop eligible" is not a field of OpenFlow.
        byte[] eligible = PacketBuilder.Ethernet().Vlan(5, 3, dropEligible: true).Ipv4("10.0.0.1", "10.0.0.2").Udp(1, 2).Build();
        Assert.Equal(EditResult.Done, Apply(ref eligible, new PushVlanAction(EtherTypes.Vlan)));
        Assert.Equal([0x81, 0x00, 0x60, 0x05, 0x81, 0x00, 0x70, 0x05], eligible[12..20]);
    }

    [Fact]
    public void The_outermost_tag_is_popped()
    {
        foreach (SamplePacket packet in SamplePacket.All())
        {
            byte[] frame = packet.Build();
            Check(packet, new PopVlanAction(), packet.Tags == 0 ? null : [.. frame[..12], .. frame[16..]]);
        }
    }

    [Fact]
    public void The_tag_actions_of_OpenFlow_1_0_add_a_tag_where_there_is_none()
    {
        foreach (SamplePacket packet in SamplePacket.All())
        {
            byte[] frame = packet.Build();
            Check(packet, new SetVlanIdAction(0xABC), packet.Tags > 0 ? (packet with { VlanId = 0xABC }).Build() : [.. frame[..12], 0x81, 0x00, 0x0A, 0xBC, .. frame[12..]]);
            Check(packet, new SetVlanPriorityAction(6), packet.Tags > 0 ? (packet with { Priority = 6 }).Build() : [.. frame[..12], 0x81, 0x00, 0xC0, 0x00, .. frame[12..]]);
        }
    }

    [Fact]
    public void Actions_on_a_packet_of_the_platform_are_seen_in_its_layers()
    {
        using LeakCheckingPool pool = new(new PacketPoolOptions { Capacity = 8 });
        PoolCache cache = pool.CreateCache();
        Assert.True(cache.TryAllocate(out PacketDescriptor descriptor));
        Packet packet = pool.Pool.Open(ref descriptor);
        Assert.True(packet.TrySetData(new SamplePacket(0, IsIpv6: false, IpProtocols.Tcp).Build()));
        PacketFrame frame = new(packet);
        Assert.Equal((14, 0), (packet.Layers.NetworkOffset, packet.Layers.VlanCount));

        Assert.Equal(EditResult.Done, PacketEditor.Apply(ref frame, new PushVlanAction(EtherTypes.Vlan)));
        Assert.Equal((18, 1), (packet.Layers.NetworkOffset, packet.Layers.VlanCount));
        Assert.Equal(EditResult.Done, PacketEditor.Apply(ref frame, new SetFieldAction(new OxmField(OxmFieldId.VlanId, FlowMatch.VlanPresent | 5))));
        Assert.Equal(EditResult.Done, PacketEditor.Apply(ref frame, new SetVlanPriorityAction(3)));
        FrameAssert.Equal(PacketBuilder.Ethernet().Vlan(5, 3).Build().AsSpan(0, 16), packet.Data[..16]);
        Assert.Equal(EditResult.Done, PacketEditor.Apply(ref frame, new PopVlanAction()));
        Assert.Equal((14, 0), (packet.Layers.NetworkOffset, packet.Layers.VlanCount));
        FrameAssert.Equal(new SamplePacket(0, IsIpv6: false, IpProtocols.Tcp).Build(), packet);

        Assert.Equal(EditResult.Done, PacketEditor.Apply(ref frame, new SetFieldAction(new OxmField(OxmFieldId.IpProtocol, 253))));
        Assert.Equal(253, packet.Layers.Protocol);
        Assert.Equal(EditResult.Done, PacketEditor.Apply(ref frame, new SetFieldAction(new OxmField(OxmFieldId.EthernetType, 0x88B5))));
        Assert.False(packet.Layers.HasKey);
        Assert.True(packet.TryPrepend(packet.Headroom, out _));
        Assert.Equal(EditResult.NoRoom, PacketEditor.Apply(ref frame, new PushVlanAction(EtherTypes.Vlan)));
        cache.Free(descriptor);
    }

    [Fact]
    public void Only_actions_that_change_packets_are_said_to()
    {
        Assert.All(
            new OpenFlowAction[] { new OutputAction(1), new GroupAction(1), new SetQueueAction(1), new EnqueueAction(1, 1), new ExperimenterAction(1, default) },
            action => Assert.False(PacketEditor.Edits(action)));
        Assert.All(
            new OpenFlowAction[]
            {
                new SetFieldAction(new OxmField(OxmFieldId.IpDscp, 1)), new SetVlanIdAction(1), new SetVlanPriorityAction(1), new SetTransportPortAction(true, 1),
                new PushVlanAction(EtherTypes.Vlan), new PopVlanAction(), new SetTtlAction(1), new DecrementTtlAction(),
            },
            action => Assert.True(PacketEditor.Edits(action)));
    }

    [Fact]
    public void Actions_allocate_nothing()
    {
        OpenFlowAction[] actions =
        [
            .. Fields.Select(field => new SetFieldAction(new OxmField(field.Field, field.Value))), new SetVlanIdAction(1), new SetVlanPriorityAction(1),
            new SetTransportPortAction(true, 1), new PushVlanAction(EtherTypes.Vlan), new PopVlanAction(), new SetTtlAction(9), new DecrementTtlAction(),
        ];
        byte[][] frames = [.. SamplePacket.All().Select(packet => packet.Build())];
        ScratchFrame scratch = new();
        Allocations.AssertSettleAtNone(() =>
        {
            foreach (byte[] frame in frames)
            {
                foreach (OpenFlowAction action in actions)
                {
                    scratch.Load(frame);
                    PacketEditor.Apply(ref scratch, action);
                }
            }
        });
    }
}
