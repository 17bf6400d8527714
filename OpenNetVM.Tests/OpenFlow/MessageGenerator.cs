using OpenNetVM.Core.Headers;
using OpenNetVM.OpenFlow.Actions;
using OpenNetVM.OpenFlow.Matches;
using OpenNetVM.OpenFlow.Messages;
using OpenNetVM.OpenFlow.Protocol;
using OpenNetVM.OpenFlow.Wire;

namespace OpenNetVM.Tests.OpenFlow;

/// <summary>Random messages of every kind, all of them well-formed, as OpenFlow 1.3 or 1.0 can say them.</summary>
internal sealed class MessageGenerator(int seed)
{
    private static readonly OxmFieldId[] LinkFields =
    [
        OxmFieldId.InPort, OxmFieldId.Metadata, OxmFieldId.EthernetDestination, OxmFieldId.EthernetSource, OxmFieldId.TunnelId,
    ];

    private readonly Random _random = new(seed);

    /// <summary>Kinds of messages of 1.3.</summary>
    public const int Kinds13 = 46;

    /// <summary>Kinds of messages of 1.0.</summary>
    public const int Kinds10 = 32;

    public OpenFlowMessage Next13(int kind) => Body13(kind) with { Xid = U32() };

    public OpenFlowMessage Next10(int kind) => Body10(kind) with { Xid = U32() };

    private OpenFlowMessage Body13(int kind) => kind switch
    {
        0 => new Hello(WireVersion.Of13, _random.Next(2) == 0 ? null : U32()),
        1 => new ErrorMessage(U16(), U16(), Data()),
        2 => new EchoRequest(Data()),
        3 => new EchoReply(Data()),
        4 => new ExperimenterMessage(U32(), Data()),
        5 => new FeaturesRequest(),
        6 => new FeaturesReply(U64(), U32(), U8(), U8(), U32()),
        7 => new GetConfigRequest(),
        8 => new GetConfigReply(U16(), U16()),
        9 => new SetConfig(U16(), U16()),
        10 => new PacketIn(U32(), U16(), (PacketInReason)_random.Next(3), U8(), U64(), Match(), Data()),
        11 => new FlowRemoved(Match(), U16(), (FlowRemovedReason)_random.Next(4))
        {
            Cookie = U64(),
            Table = U8(),
            Duration = Duration(),
            IdleTimeout = U16(),
            HardTimeout = U16(),
            Counters = Counters(),
        },
        12 => new PortStatusMessage((PortStatusReason)_random.Next(3), Port()),
        13 => new PacketOut(U32(), U32(), Actions(), Data()),
        14 or 15 or 16 => new FlowMod((FlowModCommand)_random.Next(5), Match(), Instructions())
        {
            Cookie = U64(),
            CookieMask = U64(),
            Table = U8(),
            IdleTimeout = U16(),
            HardTimeout = U16(),
            Priority = U16(),
            BufferId = U32(),
            OutPort = U32(),
            OutGroup = U32(),
            Flags = (FlowModFlags)_random.Next(32),
        },
        17 => new GroupMod((GroupModCommand)_random.Next(3), (GroupType)_random.Next(4), U32(), Buckets()),
        18 => new PortMod(U32(), Mac(), U32(), U32(), U32()),
        19 => new TableMod(U8(), U32()),
        20 => new MeterMod(U16(), U16(), U32(), Data()),
        21 => new BarrierRequest(),
        22 => new BarrierReply(),
        23 => new QueueGetConfigRequest(U32()),
        24 => new QueueGetConfigReply(U32(), Many(() => new PacketQueue(U32(), U32(), Many(() => new QueueProperty(U16(), Bytes(8)))))),
        25 => new RoleRequest((ControllerRole)_random.Next(4), U64()),
        26 => new RoleReply((ControllerRole)_random.Next(4), U64()),
        27 => new GetAsyncRequest(),
        28 => new GetAsyncReply(Masks()),
        29 => new SetAsync(Masks()),
        30 => new PlainRequest(Pick(MultipartType.Description, MultipartType.Table, MultipartType.GroupDescription, MultipartType.GroupFeatures, MultipartType.MeterFeatures, MultipartType.PortDescription)),
        31 => new FlowStatisticsRequest(_random.Next(2) == 0, Match()) { Table = U8(), OutPort = U32(), OutGroup = U32(), Cookie = U64(), CookieMask = U64() },
        32 => new PortStatisticsRequest(U32()),
        33 => new QueueStatisticsRequest(U32(), U32()),
        34 => new GroupStatisticsRequest(U32()),
        35 => new MeterRequest(Pick(MultipartType.Meter, MultipartType.MeterConfig), U32()),
        36 => new TableFeaturesRequest(Many(Table)),
        37 => Description(),
        38 => new FlowStatisticsReply(Many(() => Flow(Match(), Instructions()) with { Flags = (FlowModFlags)_random.Next(32) })),
        39 => new AggregateReply(Counters(), U32()),
        40 => new TableStatisticsReply(Many(() => new TableStatistics(U8(), U32(), U64(), U64()))),
        41 => new PortStatisticsReply(Many(() => PortCounters(U32()) with { Duration = Duration() })),
        42 => new QueueStatisticsReply(Many(() => new QueueStatistics(U32(), U32(), U64(), U64(), U64(), Duration()))),
        43 => new GroupStatisticsReply(Many(() => new GroupStatistics(U32(), U32(), Counters(), Duration(), Many(Counters)))),
        44 => _random.Next(2) == 0
            ? new GroupDescriptionReply(Many(() => new GroupDescription(U32(), (GroupType)_random.Next(4), Buckets())))
            : new GroupFeaturesReply(U32(), U32(), [U32(), U32(), U32(), U32()], [U32(), U32(), U32(), U32()]),
        _ => _random.Next(3) switch
        {
            0 => new MeterFeaturesReply(U32(), U32(), U32(), U8(), U8()),
            1 => new TableFeaturesReply(Many(Table)),
            _ => new PortDescriptionReply(Many(Port)),
        },
    };

    private OpenFlowMessage Body10(int kind) => kind switch
    {
        0 => new ErrorMessage(U16(), U16(), Data()),
        1 => new EchoRequest(Data()),
        2 => new EchoReply(Data()),
        3 => new ExperimenterMessage(U32(), Data()),
        4 => new FeaturesRequest(),
        5 => new FeaturesReply(U64(), U32(), U8(), 0, U32()) { Actions10 = U32(), Ports10 = Many(Port10) },
        6 => new GetConfigRequest(),
        7 => new GetConfigReply(U16(), U16()),
        8 => new SetConfig(U16(), U16()),
        9 => new PacketIn(U32(), U16(), (PacketInReason)_random.Next(2), 0, 0, FlowMatch.Of(new OxmField(OxmFieldId.InPort, PortNumber10())), Data()),
        10 => new FlowRemoved(Match10(), U16(), (FlowRemovedReason)_random.Next(3)) { Cookie = U64(), Duration = Duration(), IdleTimeout = U16(), Counters = Counters() },
        11 => new PortStatusMessage((PortStatusReason)_random.Next(3), Port10()),
        12 => new PacketOut(U32(), PortNumber10(), Actions10(), Data()),
        13 or 14 or 15 => FlowMod10(),
        16 => new PortMod(PortNumber10(), Mac(), U32(), U32(), U32()),
        17 => new BarrierRequest(),
        18 => new BarrierReply(),
        19 => new QueueGetConfigRequest(PortNumber10()),
        20 => Queues10(PortNumber10()),
        21 => new PlainRequest(Pick(MultipartType.Description, MultipartType.Table, MultipartType.PortDescription)),
        22 => new FlowStatisticsRequest(_random.Next(2) == 0, Match10()) { Table = U8(), OutPort = PortNumber10() },
        23 => new PortStatisticsRequest(PortNumber10()),
        24 => new QueueStatisticsRequest((uint)_random.Next(1, 100), U32()),
        25 => Description(),
        26 => new FlowStatisticsReply(Many(() => Flow(Match10(), Instructions10()))),
        27 => new AggregateReply(Counters(), U32()),
        28 => new TableStatisticsReply(Many(() => new TableStatistics(U8(), U32(), U64(), U64()) { Name10 = Text(31), Wildcards10 = U32(), MaxEntries10 = U32() })),
        29 => new PortStatisticsReply(Many(() => PortCounters(PortNumber10()))),
        30 => new QueueStatisticsReply(Many(() => new QueueStatistics(PortNumber10(), U32(), U64(), U64(), U64(), default))),
        _ => new PortDescriptionReply(Many(Port10)),
    };

    private FlowMod FlowMod10()
    {
        FlowModCommand command = (FlowModCommand)_random.Next(5);
        return new FlowMod(command, Match10(), Instructions10())
        {
            Cookie = U64(),
            IdleTimeout = U16(),
            HardTimeout = U16(),
            Priority = U16(),
            BufferId = U32(),
            OutPort = PortNumber10(),
            Flags = (FlowModFlags)_random.Next(4) | (command == FlowModCommand.Add ? FlowModFlags.ResetCounts : FlowModFlags.None),
            HasVersion10Semantics = true,
        };
    }

    private QueueGetConfigReply Queues10(uint port) => new(port, Many(() => new PacketQueue(U32(), port, Many(() => new QueueProperty(U16(), Bytes(8))))));

    private FlowStatistics Flow(FlowMatch match, ValueArray<Instruction> instructions) => new(U8(), U16(), match, instructions)
    {
        Duration = Duration(),
        IdleTimeout = U16(),
        HardTimeout = U16(),
        Cookie = U64(),
        Counters = Counters(),
    };

    /// <summary>A match with its prerequisites, of fields that are whole or masked.</summary>
    public FlowMatch Match()
    {
        List<OxmField> fields = [];
        foreach (OxmFieldId id in LinkFields)
            Maybe(fields, id);
        if (_random.Next(2) == 0)
        {
            fields.Add(new OxmField(OxmFieldId.VlanId, (UInt128)(FlowMatch.VlanPresent | _random.Next(4096))));
            Maybe(fields, OxmFieldId.VlanPriority);
        }

        switch (_random.Next(5))
        {
            case 0:
                Whole(fields, OxmFieldId.EthernetType, EtherTypes.Ipv4);
                Ip(fields, OxmFieldId.Ipv4Source, OxmFieldId.Ipv4Destination, IpProtocols.Icmp, OxmFieldId.Icmpv4Type, OxmFieldId.Icmpv4Code);
                break;
            case 1:
                Whole(fields, OxmFieldId.EthernetType, EtherTypes.Ipv6);
                Maybe(fields, OxmFieldId.Ipv6FlowLabel);
                Ip(fields, OxmFieldId.Ipv6Source, OxmFieldId.Ipv6Destination, IpProtocols.Icmpv6, OxmFieldId.Icmpv6Type, OxmFieldId.Icmpv6Code);
                break;
            case 2:
                Whole(fields, OxmFieldId.EthernetType, EtherTypes.Arp);
                foreach (OxmFieldId id in new[] { OxmFieldId.ArpOperation, OxmFieldId.ArpSourceIpv4, OxmFieldId.ArpTargetIpv4, OxmFieldId.ArpSourceHardware, OxmFieldId.ArpTargetHardware })
                    Maybe(fields, id);
                break;
        }

        return FlowMatch.Of([.. fields]);
    }

    private void Ip(List<OxmField> fields, OxmFieldId source, OxmFieldId destination, byte icmp, OxmFieldId type, OxmFieldId code)
    {
        foreach (OxmFieldId id in new[] { OxmFieldId.IpDscp, OxmFieldId.IpEcn, source, destination })
            Maybe(fields, id);
        (byte protocol, OxmFieldId first, OxmFieldId second) = _random.Next(4) switch
        {
            0 => (IpProtocols.Tcp, OxmFieldId.TcpSource, OxmFieldId.TcpDestination),
            1 => (IpProtocols.Udp, OxmFieldId.UdpSource, OxmFieldId.UdpDestination),
            2 => (IpProtocols.Sctp, OxmFieldId.SctpSource, OxmFieldId.SctpDestination),
            _ => (icmp, type, code),
        };
        Whole(fields, OxmFieldId.IpProtocol, protocol);
        Maybe(fields, first);
        Maybe(fields, second);
    }

    private static void Whole(List<OxmField> fields, OxmFieldId id, UInt128 value) => fields.Add(new OxmField(id, value));

    private void Maybe(List<OxmField> fields, OxmFieldId id)
    {
        if (_random.Next(3) > 0)
            return;
        OxmFieldInfo info = OxmFieldInfo.Of(id);
        UInt128? mask = info.IsMaskable && _random.Next(2) == 0 ? U128() & info.Full : null;
        fields.Add(new OxmField(id, U128() & info.Full, mask));
    }

    private FlowMatch Match10()
    {
        List<OxmField> fields = [];
        if (_random.Next(2) == 0)
            Whole(fields, OxmFieldId.InPort, PortNumber10());
        if (_random.Next(2) == 0)
            Whole(fields, OxmFieldId.EthernetSource, Mac().Value);
        if (_random.Next(2) == 0)
            Whole(fields, OxmFieldId.VlanId, (UInt128)(_random.Next(3) == 0 ? 0 : FlowMatch.VlanPresent | _random.Next(4096)));
        if (fields.Exists(static field => field.Id == OxmFieldId.VlanId && field.Value != 0) && _random.Next(2) == 0)
            Whole(fields, OxmFieldId.VlanPriority, (UInt128)_random.Next(8));
        if (_random.Next(2) == 0)
        {
            Whole(fields, OxmFieldId.EthernetType, EtherTypes.Ipv4);
            Prefix(fields, OxmFieldId.Ipv4Source);
            Prefix(fields, OxmFieldId.Ipv4Destination);
            if (_random.Next(2) == 0)
                Whole(fields, OxmFieldId.IpDscp, (UInt128)_random.Next(64));
            switch (_random.Next(3))
            {
                case 0:
                    Whole(fields, OxmFieldId.IpProtocol, IpProtocols.Tcp);
                    Whole(fields, OxmFieldId.TcpDestination, U16());
                    break;
                case 1:
                    Whole(fields, OxmFieldId.IpProtocol, IpProtocols.Icmp);
                    Whole(fields, OxmFieldId.Icmpv4Type, U8());
                    break;
            }
        }
        else if (_random.Next(2) == 0)
        {
            Whole(fields, OxmFieldId.EthernetType, EtherTypes.Arp);
            Whole(fields, OxmFieldId.ArpOperation, U8());
            Prefix(fields, OxmFieldId.ArpTargetIpv4);
        }

        return FlowMatch.Of([.. fields]);
    }

    private void Prefix(List<OxmField> fields, OxmFieldId id)
    {
        int length = _random.Next(33);
        if (length > 0)
            fields.Add(new OxmField(id, U32(), uint.MaxValue << (32 - length)));
    }

    private ValueArray<OpenFlowAction> Actions() => Many<OpenFlowAction>(() => _random.Next(9) switch
    {
        0 => new GroupAction(U32()),
        1 => new SetQueueAction(U32()),
        2 => new SetFieldAction(new OxmField(OxmFieldId.EthernetSource, Mac().Value)),
        3 => new SetFieldAction(new OxmField(OxmFieldId.Ipv6Destination, U128())),
        4 => new PushVlanAction(EtherTypes.Vlan),
        5 => new PopVlanAction(),
        6 => new SetTtlAction(U8()),
        7 => new ExperimenterAction(U32(), Bytes(8)),
        _ => new OutputAction(U32(), U16()),
    });

    private ValueArray<Instruction> Instructions() =>
        new([.. new Instruction[]
        {
            new GotoTableInstruction(U8()), new WriteMetadataInstruction(U64(), U64()), new WriteActionsInstruction(Actions()), new ApplyActionsInstruction(Actions()),
            new ClearActionsInstruction(), new MeterInstruction(U32()), new ExperimenterInstruction(U32(), Bytes(8)),
        }.Where(_ => _random.Next(3) == 0)]);

    private ValueArray<OpenFlowAction> Actions10() => Many<OpenFlowAction>(() => _random.Next(12) switch
    {
        0 => new EnqueueAction(PortNumber10(), U32()),
        1 => new SetVlanIdAction((ushort)_random.Next(4096)),
        2 => new SetVlanPriorityAction((byte)_random.Next(8)),
        3 => new PopVlanAction(),
        4 => new SetFieldAction(new OxmField(OxmFieldId.EthernetDestination, Mac().Value)),
        5 => new SetFieldAction(new OxmField(OxmFieldId.Ipv4Source, U32())),
        6 => new SetFieldAction(new OxmField(OxmFieldId.IpDscp, (UInt128)_random.Next(64))),
        7 => new SetTransportPortAction(_random.Next(2) == 0, U16()),
        8 => new SetQueueAction(U32()),
        9 => new DecrementTtlAction(),
        10 => new ExperimenterAction(1, Bytes(8)),
        _ => new OutputAction(PortNumber10(), U16()),
    });

    private ValueArray<Instruction> Instructions10() => Actions10() is { Count: > 0 } actions ? [new ApplyActionsInstruction(actions)] : default;

    private ValueArray<Bucket> Buckets() => Many(() => new Bucket(U16(), U32(), U32(), Actions()));

    private PortDescription Port() => Port10() with { Port = U32(), State = U32(), CurrentSpeed = U32(), MaxSpeed = U32() };

    private PortDescription Port10() => new(PortNumber10(), Mac(), Text(PortDescription.LongestName))
    {
        Config = U32(),
        State = U32() & ~4u,
        Current = U32(),
        Advertised = U32(),
        Supported = U32(),
        Peer = U32(),
    };

    private TableFeatures Table() => new(U8(), Text(31), U64(), U64(), U32(), U32(),
    [
        new TableProperty(TableFeatureTypes.Instructions, Many(() => (uint)U16())),
        new TableProperty(TableFeatureTypes.NextTables, Many(() => (uint)U8())),
        new TableProperty(TableFeatureTypes.ApplyActions, Many(() => (uint)U16())),
        new TableProperty(TableFeatureTypes.Match, Many(U32)),
    ]);

    private PortStatistics PortCounters(uint port) => new(port)
    {
        ReceivedPackets = U64(),
        SentPackets = U64(),
        ReceivedBytes = U64(),
        SentBytes = U64(),
        ReceiveDrops = U64(),
        SendDrops = U64(),
        ReceiveErrors = U64(),
        SendErrors = U64(),
        FrameErrors = U64(),
        OverrunErrors = U64(),
        CrcErrors = U64(),
        Collisions = U64(),
    };

    private DescriptionReply Description() => new(Text(200), Text(255), Text(10), Text(31), Text(100));

    private AsyncMasks Masks() => new(U32(), U32(), U32(), U32(), U32(), U32());

    private FlowCounters Counters() => new(U64(), U64());

    private OpenFlowDuration Duration() => new(U32(), (uint)_random.Next(1_000_000_000));

    private uint PortNumber10() => _random.Next(4) == 0 ? ReservedPort.InPort + (uint)_random.Next(8) : (uint)_random.Next(ReservedPort.Max10);

    private MacAddress Mac() => new(U64() & 0xFFFF_FFFF_FFFF);

    private string Text(int longest) => new([.. Enumerable.Range(0, _random.Next(longest + 1)).Select(_ => (char)_random.Next('a', 'z' + 1))]);

    private ValueArray<byte> Data() => Bytes(_random.Next(200));

    private ValueArray<byte> Bytes(int length)
    {
        byte[] bytes = new byte[length];
        _random.NextBytes(bytes);
        return ValueArray.Create<byte>(bytes);
    }

    private ValueArray<T> Many<T>(Func<T> make)
        where T : IEquatable<T> => new([.. Enumerable.Range(0, _random.Next(5)).Select(_ => make())]);

    private T Pick<T>(params ReadOnlySpan<T> from) => from[_random.Next(from.Length)];

    private byte U8() => (byte)_random.Next(256);

    private ushort U16() => (ushort)_random.Next(65536);

    private uint U32() => (uint)_random.NextInt64();

    private ulong U64() => (ulong)_random.NextInt64(long.MinValue, long.MaxValue);

    private UInt128 U128() => new(U64(), U64());
}
