using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using OpenNetVM.Core.Headers;
using OpenNetVM.OpenFlow.Actions;
using OpenNetVM.OpenFlow.Matches;
using OpenNetVM.OpenFlow.Messages;
using OpenNetVM.OpenFlow.Protocol;

namespace OpenNetVM.Tests.OpenFlow;

/// <summary>
/// Messages in the words of the expected decodes in ../shared/openflow (os-ken's), so that both can be compared: the value for each key that has one in both
/// worlds. Lengths, which our messages do not keep, are left out on both sides.
/// </summary>
internal static partial class VectorJson
{
    /// <summary>What the message says, by os-ken's names.</summary>
    public static JsonObject Describe(OpenFlowMessage message, bool isVersion10) => isVersion10 ? Describe10(message) : message switch
    {
        Hello m => Named("OFPHello", new() { ["elements"] = m.VersionBitmap is { } bitmap ? List([Named("OFPHelloElemVersionBitmap", new() { ["versions"] = Versions(bitmap) })]) : List([]) }),
        ErrorMessage { ErrorType: 0xFFFF } m => Named("OFPErrorMsg", new()
        {
            ["type"] = 0xFFFF,
            ["exp_type"] = m.ErrorCode,
            ["experimenter"] = (m.Data[0] << 24) | (m.Data[1] << 16) | (m.Data[2] << 8) | m.Data[3],
            ["data"] = Convert.ToBase64String(m.Data.Span[4..]),
        }),
        ErrorMessage m => Named("OFPErrorMsg", new() { ["type"] = m.ErrorType, ["code"] = m.ErrorCode, ["data"] = Data(m.Data) }),
        EchoRequest m => Named("OFPEchoRequest", new() { ["data"] = Data(m.Data) }),
        EchoReply m => Named("OFPEchoReply", new() { ["data"] = Data(m.Data) }),
        ExperimenterMessage m => Named("OFPExperimenter", new() { ["experimenter"] = m.Experimenter }),
        FeaturesRequest => Named("OFPFeaturesRequest", []),
        FeaturesReply m => Named("OFPSwitchFeatures", new()
        {
            ["datapath_id"] = m.DatapathId,
            ["n_buffers"] = m.Buffers,
            ["n_tables"] = m.Tables,
            ["auxiliary_id"] = m.AuxiliaryId,
            ["capabilities"] = m.Capabilities,
        }),
        GetConfigRequest => Named("OFPGetConfigRequest", []),
        GetConfigReply m => Named("OFPGetConfigReply", new() { ["flags"] = m.Flags, ["miss_send_len"] = m.MissSendLength }),
        SetConfig m => Named("OFPSetConfig", new() { ["flags"] = m.Flags, ["miss_send_len"] = m.MissSendLength }),
        PacketIn m => Named("OFPPacketIn", new()
        {
            ["buffer_id"] = m.BufferId,
            ["cookie"] = m.Cookie,
            ["data"] = Data(m.Data),
            ["match"] = Match(m.Match),
            ["reason"] = (int)m.Reason,
            ["table_id"] = m.Table,
            ["total_len"] = m.TotalLength,
        }),
        FlowRemoved m => Named("OFPFlowRemoved", new()
        {
            ["cookie"] = m.Cookie,
            ["priority"] = m.Priority,
            ["reason"] = (int)m.Reason,
            ["table_id"] = m.Table,
            ["match"] = Match(m.Match),
            ["duration_sec"] = m.Duration.Seconds,
            ["duration_nsec"] = m.Duration.Nanoseconds,
            ["idle_timeout"] = m.IdleTimeout,
            ["hard_timeout"] = m.HardTimeout,
            ["packet_count"] = m.Counters.Packets,
            ["byte_count"] = m.Counters.Bytes,
        }),
        PortStatusMessage m => Named("OFPPortStatus", new() { ["reason"] = (int)m.Reason, ["desc"] = Port(m.Port) }),
        PacketOut m => Named("OFPPacketOut", new() { ["buffer_id"] = m.BufferId, ["in_port"] = m.InPort, ["actions"] = Actions(m.Actions), ["data"] = Data(m.Data) }),
        FlowMod m => Named("OFPFlowMod", new()
        {
            ["command"] = (int)m.Command,
            ["match"] = Match(m.Match),
            ["instructions"] = Instructions(m.Instructions),
            ["cookie"] = m.Cookie,
            ["cookie_mask"] = m.CookieMask,
            ["table_id"] = m.Table,
            ["idle_timeout"] = m.IdleTimeout,
            ["hard_timeout"] = m.HardTimeout,
            ["priority"] = m.Priority,
            ["buffer_id"] = m.BufferId,
            ["out_port"] = m.OutPort,
            ["out_group"] = m.OutGroup,
            ["flags"] = (int)m.Flags,
        }),
        GroupMod m => Named("OFPGroupMod", new() { ["command"] = (int)m.Command, ["type"] = (int)m.GroupType, ["group_id"] = m.Group, ["buckets"] = Buckets(m.Buckets) }),
        PortMod m => Named("OFPPortMod", new()
        {
            ["port_no"] = m.Port,
            ["hw_addr"] = m.HardwareAddress.ToString(),
            ["config"] = m.Config,
            ["mask"] = m.Mask,
            ["advertise"] = m.Advertise,
        }),
        TableMod m => Named("OFPTableMod", new() { ["table_id"] = m.Table, ["config"] = m.Config }),
        MeterMod m => Named("OFPMeterMod", new() { ["command"] = m.Command, ["flags"] = m.Flags, ["meter_id"] = m.Meter }),
        BarrierRequest => Named("OFPBarrierRequest", []),
        BarrierReply => Named("OFPBarrierReply", []),
        QueueGetConfigRequest m => Named("OFPQueueGetConfigRequest", new() { ["port"] = m.Port }),
        QueueGetConfigReply m => Named("OFPQueueGetConfigReply", new()
        {
            ["port"] = m.Port,
            ["queues"] = List(m.Queues.Select(queue => Named("OFPPacketQueue", new()
            {
                ["queue_id"] = queue.Queue,
                ["port"] = queue.Port,
                ["properties"] = List(queue.Properties.Select(QueueProperty)),
            })))
        }),
        RoleRequest m => Named("OFPRoleRequest", new() { ["role"] = (uint)m.Role, ["generation_id"] = m.GenerationId }),
        RoleReply m => Named("OFPRoleReply", new() { ["role"] = (uint)m.Role, ["generation_id"] = m.GenerationId }),
        GetAsyncRequest => Named("OFPGetAsyncRequest", []),
        GetAsyncReply m => Named("OFPGetAsyncReply", Masks(m.Masks)),
        SetAsync m => Named("OFPSetAsync", Masks(m.Masks)),
        MultipartRequest m => Request(m),
        MultipartReply m => Reply(m),
        _ => throw new InvalidOperationException($"{message.GetType().Name} is not described yet."),
    };

    private static JsonObject Masks(AsyncMasks masks) => new()
    {
        ["packet_in_mask"] = Numbers([masks.PacketIn, masks.PacketInSlave]),
        ["port_status_mask"] = Numbers([masks.PortStatus, masks.PortStatusSlave]),
        ["flow_removed_mask"] = Numbers([masks.FlowRemoved, masks.FlowRemovedSlave]),
    };

    private static JsonObject QueueProperty(QueueProperty property)
    {
        int number = (property.Body[0] << 8) | property.Body[1];
        return property.Type switch
        {
            1 => Named("OFPQueuePropMinRate", new() { ["property"] = 1, ["rate"] = number }),
            2 => Named("OFPQueuePropMaxRate", new() { ["property"] = 2, ["rate"] = number }),
            _ => Named("OFPQueuePropExperimenter", new() { ["property"] = property.Type, ["data"] = Numbers(property.Body.Span[8..].ToArray().Select(static value => (uint)value)) }),
        };
    }

    private static JsonArray Versions(uint bitmap) => Numbers(Enumerable.Range(0, 32).Where(bit => (bitmap & (1u << bit)) != 0).Select(static bit => (uint)bit));

    private static JsonObject Port(PortDescription port, string name = "OFPPort")
    {
        JsonObject body = new()
        {
            ["port_no"] = port.Port,
            ["hw_addr"] = port.HardwareAddress.ToString(),
            ["name"] = port.Name,
            ["config"] = port.Config,
            ["state"] = port.State,
            ["curr"] = port.Current,
            ["advertised"] = port.Advertised,
            ["supported"] = port.Supported,
            ["peer"] = port.Peer,
        };
        if (name == "OFPPort")
        {
            body["curr_speed"] = port.CurrentSpeed;
            body["max_speed"] = port.MaxSpeed;
        }

        return Named(name, body);
    }

    private static JsonObject Match(FlowMatch match) => Named("OFPMatch", new() { ["oxm_fields"] = List(match.Fields.ToArray().Select(Field)) });

    private static JsonObject Field(OxmField field) => Named("OXMTlv", new()
    {
        ["field"] = FieldName(field.Id),
        ["mask"] = field.IsExact ? null : FieldValue(field.Id, field.Mask),
        ["value"] = FieldValue(field.Id, field.Value),
    });

    private static string FieldName(OxmFieldId id) => id switch
    {
        OxmFieldId.InPort => "in_port",
        OxmFieldId.EthernetDestination => "eth_dst",
        OxmFieldId.EthernetSource => "eth_src",
        OxmFieldId.EthernetType => "eth_type",
        OxmFieldId.VlanId => "vlan_vid",
        OxmFieldId.IpProtocol => "ip_proto",
        OxmFieldId.Ipv4Source => "ipv4_src",
        OxmFieldId.Ipv4Destination => "ipv4_dst",
        OxmFieldId.TcpSource => "tcp_src",
        OxmFieldId.TcpDestination => "tcp_dst",
        OxmFieldId.ArpOperation => "arp_op",
        OxmFieldId.ArpSourceIpv4 => "arp_spa",
        OxmFieldId.ArpTargetIpv4 => "arp_tpa",
        OxmFieldId.ArpSourceHardware => "arp_sha",
        OxmFieldId.ArpTargetHardware => "arp_tha",
        OxmFieldId.Ipv6Source => "ipv6_src",
        OxmFieldId.Ipv6Destination => "ipv6_dst",
        OxmFieldId.TunnelId => "tunnel_id",
        OxmFieldId.Metadata => "metadata",
        _ => id.ToString(),
    };

    private static JsonNode FieldValue(OxmFieldId id, UInt128 value) => OxmFieldInfo.Of(id).Bits switch
    {
        48 => new MacAddress((ulong)value).ToString(),
        32 when id != OxmFieldId.InPort => new IPAddress([(byte)(value >> 24), (byte)(value >> 16), (byte)(value >> 8), (byte)value]).ToString(),
        128 => IpText(value),
        _ => (ulong)value,
    };

    private static string IpText(UInt128 value)
    {
        byte[] bytes = new byte[16];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt128BigEndian(bytes, value);
        return new IPAddress(bytes).ToString();
    }

    private static JsonArray Buckets(ValueArray<Bucket> buckets) => List(buckets.Select(bucket => Named("OFPBucket", new()
    {
        ["weight"] = bucket.Weight,
        ["watch_port"] = bucket.WatchPort,
        ["watch_group"] = bucket.WatchGroup,
        ["actions"] = Actions(bucket.Actions),
    })));

    private static JsonArray Instructions(ValueArray<Instruction> instructions) => List(instructions.Select(instruction => instruction switch
    {
        GotoTableInstruction i => Named("OFPInstructionGotoTable", new() { ["table_id"] = i.Table }),
        WriteActionsInstruction i => Named("OFPInstructionActions", new() { ["type"] = 3, ["actions"] = Actions(i.Actions) }),
        ApplyActionsInstruction i => Named("OFPInstructionActions", new() { ["type"] = 4, ["actions"] = Actions(i.Actions) }),
        MeterInstruction i => Named("OFPInstructionMeter", new() { ["meter_id"] = i.Meter }),
        _ => throw new InvalidOperationException($"{instruction.GetType().Name} is not described yet."),
    }));

    private static JsonArray Actions(ValueArray<OpenFlowAction> actions) => List(actions.Select(action => action switch
    {
        OutputAction a => Named("OFPActionOutput", new() { ["port"] = a.Port, ["max_len"] = a.MaxLength }),
        GroupAction a => Named("OFPActionGroup", new() { ["group_id"] = a.Group }),
        SetQueueAction a => Named("OFPActionSetQueue", new() { ["queue_id"] = a.Queue }),
        SetFieldAction a => Named("OFPActionSetField", new() { ["field"] = Field(a.Field) }),
        PushVlanAction a => Named("OFPActionPushVlan", new() { ["ethertype"] = a.EtherType }),
        PopVlanAction => Named("OFPActionPopVlan", []),
        SetTtlAction a => Named("OFPActionSetNwTtl", new() { ["nw_ttl"] = a.Ttl }),
        DecrementTtlAction => Named("OFPActionDecNwTtl", []),
        ExperimenterAction a => Named("Experimenter", new() { ["experimenter"] = a.Experimenter, ["subtype"] = ((a.Data[0] << 8) | a.Data[1]).ToString(CultureInfo.InvariantCulture) }),
        _ => throw new InvalidOperationException($"{action.GetType().Name} is not described yet."),
    }));

    private static string Data(ValueArray<byte> data) => Convert.ToBase64String(data.Span);

    private static JsonObject Named(string name, JsonObject body) => new() { [name] = body };

    private static JsonArray List(IEnumerable<JsonObject> items) => new([.. items]);

    private static JsonArray Numbers(IEnumerable<uint> numbers) => new([.. numbers.Select(static number => (JsonNode)number)]);
}
