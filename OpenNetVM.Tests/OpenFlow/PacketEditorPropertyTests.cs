using FsCheck.Xunit;
using OpenNetVM.Core.Headers;
using OpenNetVM.OpenFlow.Actions;
using OpenNetVM.OpenFlow.Agent;
using OpenNetVM.OpenFlow.Datapath;
using OpenNetVM.OpenFlow.Matches;
using OpenNetVM.Testing;
using OpenNetVM.Tests.Support;
using OpenNetVM.Tests.Testing;

namespace OpenNetVM.Tests.OpenFlow;

/// <summary>What holds for every action on every packet.</summary>
public sealed class PacketEditorPropertyTests
{
    private const int Room = 2048;

    private static readonly OxmFieldId[] Settable = [.. Enum.GetValues<OxmFieldId>().Where(id => PacketFields.Has(id) && id != OxmFieldId.InPort)];

    private static readonly OxmFieldId[] Neighbours = [OxmFieldId.Ipv6NdTarget, OxmFieldId.Ipv6NdSourceHardware, OxmFieldId.Ipv6NdTargetHardware];

    // Values of which many are small, and some all ones: the sums of checksums turn over at both ends.
    private static UInt128 Value(Random random) => random.Next(4) switch
    {
        0 => (UInt128)random.Next(4),
        1 => UInt128.MaxValue - (UInt128)random.Next(4),
        _ => new UInt128((ulong)random.NextInt64(long.MinValue, long.MaxValue), (ulong)random.NextInt64(long.MinValue, long.MaxValue)),
    };

    private static OpenFlowAction Action(Random random) => random.Next(40) switch
    {
        0 => new PushVlanAction(EtherTypes.ServiceVlan),
        1 => new PopVlanAction(),
        2 => new SetVlanIdAction((ushort)random.Next(4096)),
        3 => new SetVlanPriorityAction((byte)random.Next(8)),
        4 => new SetTtlAction((byte)random.Next(256)),
        5 => new DecrementTtlAction(),
        6 => new SetTransportPortAction(random.Next(2) == 0, (ushort)random.Next(65536)),
        _ => new SetFieldAction(new OxmField(Settable[random.Next(Settable.Length)], Value(random))),
    };

    private static SamplePacket Packet(Random random)
    {
        SamplePacket[] all = [.. SamplePacket.All()];
        SamplePacket packet = all[random.Next(all.Length)];
        return packet with
        {
            PayloadLength = random.Next(200),
            Ttl = (byte)random.Next(256),
            SourcePort = (ushort)random.Next(65536),
            DestinationPort = (ushort)(random.Next(3) == 0 ? 0 : random.Next(65536)),
            Source = packet.IsIpv6 ? Value(random) : (uint)Value(random),
        };
    }

    // Of the IPv4 header, and of what follows; null where there is none to look at.
    private static (bool? Ip, bool? Transport) Checksums(byte[] frame)
    {
        FlowKeyReader.Parse(frame, out PacketLayers layers);
        Span<byte> bytes = frame;
        Span<byte> transport = layers.Transport(bytes);
        bool isWhole = layers.Fragment == FragmentKind.None && !transport.IsEmpty;
        if (Ipv4Header.TryParse(layers.Network(bytes), out Ipv4Header four) && layers.Status == FlowKeyStatus.Ipv4)
        {
            return (four.IsChecksumValid, !isWhole ? null : layers.Protocol switch
            {
                IpProtocols.Tcp when TcpHeader.TryParse(transport, out TcpHeader tcp) => tcp.IsChecksumValid(four),
                IpProtocols.Udp when UdpHeader.TryParse(transport, out UdpHeader udp) => udp.IsChecksumValid(four),
                IpProtocols.Icmp when IcmpHeader.TryParse(transport, out IcmpHeader icmp) => icmp.IsChecksumValid,
                IpProtocols.Sctp when SctpHeader.TryParse(transport, out SctpHeader sctp) => sctp.IsChecksumValid,
                _ => null,
            });
        }

        return layers.Status == FlowKeyStatus.Ipv6 && Ipv6Header.TryParse(layers.Network(bytes), out Ipv6Header six) && isWhole
            ? (null, layers.Protocol switch
            {
                IpProtocols.Tcp when TcpHeader.TryParse(transport, out TcpHeader tcp) => tcp.IsChecksumValid(six),
                IpProtocols.Udp when UdpHeader.TryParse(transport, out UdpHeader udp) => udp.IsChecksumValid(six),
                IpProtocols.Icmpv6 when Icmpv6Header.TryParse(transport, out Icmpv6Header icmp) => icmp.IsChecksumValid(six),
                IpProtocols.Sctp when SctpHeader.TryParse(transport, out SctpHeader sctp) => sctp.IsChecksumValid,
                _ => null,
            })
            : (null, null);
    }

    private static bool ChangesProtocol(OpenFlowAction action) => action is SetFieldAction { Field.Id: OxmFieldId.IpProtocol or OxmFieldId.EthernetType };

    [Property(MaxTest = 3000)]
    public void Checksums_that_were_right_are_right_and_those_that_were_wrong_are_wrong(int seed, bool breakIt)
    {
        Random random = new(seed);
        byte[] frame = Packet(random).Build();
        FlowKeyReader.Parse(frame, out PacketLayers layers);
        if (breakIt)
            frame[layers.TransportOffset + 3] ^= 0x40;
        (bool? Ip, bool? Transport) before = Checksums(frame);
        ScratchFrame scratch = new();
        scratch.Load(frame);
        for (int i = 0; i < 6; i++)
        {
            OpenFlowAction action = Action(random);
            if (ChangesProtocol(action))
                continue;
            PacketEditor.Apply(ref scratch, action);
            (bool? ip, bool? transport) = Checksums(scratch.Data.ToArray());
            Assert.Equal(before.Ip, ip);
            Assert.Equal(before.Transport, transport);
        }
    }

    [Property(MaxTest = 3000)]
    public void What_was_set_is_read_and_nothing_else_is_different(int seed)
    {
        Random random = new(seed);
        byte[] frame = Packet(random).Build();
        OxmField field = new(Settable[random.Next(Settable.Length)], Value(random));
        // Under another type or protocol, other fields are there.
        if (field.Id is OxmFieldId.EthernetType or OxmFieldId.IpProtocol)
            return;
        if (field.Id == OxmFieldId.VlanId)
            field = new OxmField(field.Id, field.Value | FlowMatch.VlanPresent);
        PacketFields before = PacketFieldsReader.Read(frame, 7);
        ScratchFrame scratch = new();
        scratch.Load(frame);
        EditResult result = PacketEditor.Apply(ref scratch, new SetFieldAction(field));
        PacketFields after = PacketFieldsReader.Read(scratch.Data, 7);
        if (result == EditResult.NotPresent)
        {
            Assert.Equal(frame, scratch.Data);
            return;
        }

        Assert.Equal(EditResult.Done, result);
        Assert.Equal(field.Value, after.Get(field.Id));
        before.Set(field.Id, field.Value);
        // What a message of another type has in place of neighbours is not read.
        if (field.Id is OxmFieldId.Icmpv6Type or OxmFieldId.Icmpv6Code)
        {
            foreach (OxmFieldId id in Neighbours)
                before.Set(id, after.Get(id));
        }

        Assert.True(before.Equals(after), $"{field} on {FrameText.Describe(frame)}");
    }

    [Property(MaxTest = 1000)]
    public void The_datagram_of_fragments_that_were_changed_alike_is_right(int seed, bool six, bool tcp, byte cut)
    {
        Random random = new(seed);
        byte protocol = tcp ? IpProtocols.Tcp : IpProtocols.Udp;
        byte[] whole = new SamplePacket(0, six, protocol) { PayloadLength = 101 + random.Next(50) }.Build();
        FlowKeyReader.Parse(whole, out PacketLayers layers);
        byte[] datagram = whole[layers.TransportOffset..];
        int first = 24 + (8 * (cut % 8));
        byte[][] fragments =
        [
            Ip().Fragment(0, more: true).Protocol(protocol).Payload(datagram.AsSpan(0, first)).Build(),
            Ip().Fragment(first, more: false).Protocol(protocol).Payload(datagram.AsSpan(first)).Build(),
        ];
        OpenFlowAction[] actions = [.. Enumerable.Range(0, 5).Select(_ => Action(random)).Where(action => !ChangesProtocol(action))];
        List<byte> joined = [];
        byte[] pseudo = [];
        foreach (byte[] fragment in fragments)
        {
            ScratchFrame scratch = new();
            scratch.Load(fragment);
            foreach (OpenFlowAction action in actions)
                PacketEditor.Apply(ref scratch, action);
            FlowKeyReader.Parse(scratch.Data, out PacketLayers changed);
            Span<byte> ip = changed.Network(scratch.Data);
            pseudo = [.. six ? ip[8..40] : ip[12..20], 0, protocol, (byte)(datagram.Length >> 8), (byte)datagram.Length];
            joined.AddRange(changed.Transport(scratch.Data));
            Assert.Equal(six ? null : true, Checksums(scratch.Data.ToArray()).Ip);
        }

        Assert.Equal(datagram.Length, joined.Count);
        Assert.Equal(datagram[24..], joined[24..]);
        Assert.Equal(0, PacketBuilderTests.NaiveChecksum([.. pseudo, .. joined]));

        PacketBuilder Ip() => six ? PacketBuilder.Ethernet().Ipv6("2001:db8::1", "2001:db8::2") : PacketBuilder.Ethernet().Ipv4("10.0.0.1", "10.0.0.2");
    }

    [Fact]
    public void Whatever_the_bytes_are_nothing_is_thrown_and_nothing_outside_the_frame_is_touched()
    {
        using GuardedBuffer guarded = new(Room);
        int seed = Random.Shared.Next();
        Random random = new(seed);
        byte[][] frames =
        [
            .. SamplePacket.All().Select(packet => packet.Build()), PacketBuilder.Ethernet().ArpReply("10.0.0.1", "10.0.0.2").Build(),
            PacketBuilder.Ethernet().Mpls(5).Ipv4("10.0.0.1", "10.0.0.2").Udp(1, 2).Build(), PacketBuilder.Ethernet().Ipv6("::1", "::2").Fragment(0, more: true).Udp(1, 2).Build(),
            // SNAP.
            [.. new byte[12], 0, 40, 0xAA, 0xAA, 3, 0, 0, 0, 8, 0, .. PacketBuilder.Udp("10.0.0.1", 1, "10.0.0.2", 2).Build()[14..]],
            new byte[64],
        ];
        byte[] memory = new byte[guarded.Length];
        for (int i = 0; i < 300_000; i++)
        {
            byte[] frame = [.. frames[random.Next(frames.Length)]];
            for (int changes = random.Next(6); changes > 0; changes--)
                frame[random.Next(Math.Min(frame.Length, 80))] = (byte)random.Next(256);
            int length = random.Next(3) == 0 ? random.Next(frame.Length + 1) : frame.Length;
            // At the very end of the memory, or at its very start, or with room on both sides.
            Span<byte> all = guarded.AtStart(guarded.Length);
            int start = random.Next(3) switch { 0 => guarded.Length - length, 1 => 0, _ => 64 };
            random.NextBytes(memory.AsSpan(start > 64 ? start - 64 : 0, Math.Min(guarded.Length, length + 128) - (start > 64 ? 64 : 0)));
            memory.CopyTo(all);
            frame.AsSpan(0, length).CopyTo(all[start..]);
            OpenFlowAction action = Action(random);
            GuardedFrame edited = new(all, start, length);
            EditResult result;
            try
            {
                result = PacketEditor.Apply(ref edited, action);
            }
            catch (Exception failure)
            {
                throw new InvalidOperationException($"Seed {seed}, round {i}: {action} on {Convert.ToHexString(frame.AsSpan(0, length))}", failure);
            }

            int from = Math.Min(start, edited.Start);
            bool isOutsideSame = all[..from].SequenceEqual(memory.AsSpan(0, from)) && all[(start + length)..].SequenceEqual(memory.AsSpan(start + length));
            Assert.True(isOutsideSame, $"seed {seed}, round {i}: {action} wrote outside {Convert.ToHexString(frame.AsSpan(0, length))}");
            Assert.Equal(start + length, edited.Start + edited.Length);
            if (result != EditResult.Done)
                Assert.True(edited.Data.SequenceEqual(frame.AsSpan(0, length)), $"seed {seed}, round {i}: {action} is {result} and changed {Convert.ToHexString(frame.AsSpan(0, length))}");
        }
    }

    [Fact]
    public void The_last_stop_of_a_routing_header_and_not_the_next_is_under_the_checksum()
    {
        byte[] frame = PacketBuilder.Ethernet().Ipv6("2001:db8::1", "2001:db8::2").Ipv6Routing("2001:db8::2", "2001:db8::9").Udp(1, 2).Payload("odd").Build();
        const int SegmentsLeft = 14 + 40 + 3;
        byte[] checksum = frame[^5..^3];
        ScratchFrame scratch = new();
        OpenFlowAction action = new SetFieldAction(new OxmField(OxmFieldId.Ipv6Destination, 5));

        frame[SegmentsLeft] = 1;
        scratch.Load(frame);
        Assert.Equal(EditResult.Done, PacketEditor.Apply(ref scratch, action));
        Assert.Equal(checksum, scratch.Data[^5..^3]);

        frame[SegmentsLeft] = 0;
        scratch.Load(frame);
        Assert.Equal(EditResult.Done, PacketEditor.Apply(ref scratch, action));
        Assert.True(Checksums(scratch.Data.ToArray()).Transport);
    }

    [Theory]
    [InlineData(IpProtocols.Tcp)]
    [InlineData(IpProtocols.Udp)]
    [InlineData(IpProtocols.Sctp)]
    [InlineData(IpProtocols.Icmp)]
    [InlineData(IpProtocols.Icmpv6)]
    public void A_later_fragment_has_data_where_the_first_has_a_header(byte protocol)
    {
        OpenFlowAction[] actions =
        [
            new SetTransportPortAction(IsDestination: true, 7),
            .. Settable.Where(id => id is >= OxmFieldId.TcpSource and <= OxmFieldId.Icmpv4Code or >= OxmFieldId.Icmpv6Type).Select(id => new SetFieldAction(new OxmField(id, 7))),
        ];
        foreach (PacketBuilder ip in new[] { PacketBuilder.Ethernet().Ipv4("10.0.0.1", "10.0.0.2"), PacketBuilder.Ethernet().Ipv6("::1", "::2") })
        {
            byte[] frame = ip.Fragment(64, more: true).Protocol(protocol).Payload([135, 0, .. new byte[62]]).Build();
            ScratchFrame scratch = new();
            scratch.Load(frame);
            Assert.All(actions, action => Assert.Equal(EditResult.NotPresent, PacketEditor.Apply(ref scratch, action)));
            FrameAssert.Equal(frame, scratch.Data);
        }
    }

    [Fact]
    public void A_checksum_of_zero_in_sctp_stays()
    {
        byte[] frame = PacketBuilder.Ethernet().Ipv4("10.0.0.1", "10.0.0.2").Sctp(1, 2).WithChecksum(0).Payload("x").Build();
        ScratchFrame scratch = new();
        scratch.Load(frame);
        Assert.Equal(EditResult.Done, PacketEditor.Apply(ref scratch, new SetTransportPortAction(IsDestination: true, 7)));
        FrameAssert.Equal(PacketBuilder.Ethernet().Ipv4("10.0.0.1", "10.0.0.2").Sctp(1, 7).WithChecksum(0).Payload("x"), scratch.Data);
    }

    [Fact]
    public void The_type_that_a_SNAP_header_announces_is_set()
    {
        byte[] frame = [.. new byte[12], 0, 40, 0xAA, 0xAA, 3, 0, 0, 0, 8, 0, .. PacketBuilder.Udp("10.0.0.1", 1, "10.0.0.2", 2).Build()[14..]];
        ScratchFrame scratch = new();
        scratch.Load(frame);
        Assert.Equal(EditResult.Done, PacketEditor.Apply(ref scratch, new SetFieldAction(new OxmField(OxmFieldId.EthernetType, 0x88B5))));
        FrameAssert.Equal([.. frame[..20], 0x88, 0xB5, .. frame[22..]], scratch.Data);

        // A length is no type, with a tag before it or without.
        byte[] spanningTree = [1, 0x80, 0xC2, 0, 0, 0, 2, 0, 0, 0, 0, 1, 0, 38, 0x42, 0x42, 3, .. new byte[43]];
        foreach (byte[] untyped in new byte[][] { spanningTree, [.. spanningTree[..12], 0x81, 0, 0, 5, .. spanningTree[12..]] })
        {
            scratch.Load(untyped);
            Assert.Equal(EditResult.NotPresent, PacketEditor.Apply(ref scratch, new SetFieldAction(new OxmField(OxmFieldId.EthernetType, 0x88B5))));
            FrameAssert.Equal(untyped, scratch.Data);
        }
    }
}
