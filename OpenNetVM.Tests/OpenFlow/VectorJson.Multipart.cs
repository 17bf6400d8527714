using System.Text.Json.Nodes;
using OpenNetVM.OpenFlow.Actions;
using OpenNetVM.OpenFlow.Matches;
using OpenNetVM.OpenFlow.Messages;
using OpenNetVM.OpenFlow.Protocol;
using OpenNetVM.OpenFlow.Wire;

namespace OpenNetVM.Tests.OpenFlow;

/// <content>Multipart messages, and OpenFlow 1.0.</content>
internal static partial class VectorJson
{
    private const uint OpenNetworkingFoundation = 0x4F4E_4600;

    private static JsonObject Request(MultipartRequest request)
    {
        JsonObject body = request switch
        {
            FlowStatisticsRequest m => new()
            {
                ["table_id"] = m.Table,
                ["out_port"] = m.OutPort,
                ["out_group"] = m.OutGroup,
                ["cookie"] = m.Cookie,
                ["cookie_mask"] = m.CookieMask,
                ["match"] = Match(m.Match),
            },
            PortStatisticsRequest m => new() { ["port_no"] = m.Port },
            QueueStatisticsRequest m => new() { ["port_no"] = m.Port, ["queue_id"] = m.Queue },
            GroupStatisticsRequest m => new() { ["group_id"] = m.Group },
            MeterRequest m => new() { ["meter_id"] = m.Meter },
            TableFeaturesRequest m => new() { ["body"] = List(m.Tables.Select(Table)) },
            ExperimenterRequest { Experimenter: not OpenNetworkingFoundation } m => new() { ["experimenter"] = m.Experimenter },
            _ => [],
        };
        body["type"] = (int)request.Part;
        body["flags"] = request.HasMore ? 1 : 0;
        string name = request.Part switch
        {
            MultipartType.Description => "OFPDescStatsRequest",
            MultipartType.Flow => "OFPFlowStatsRequest",
            MultipartType.Aggregate => "OFPAggregateStatsRequest",
            MultipartType.Table => "OFPTableStatsRequest",
            MultipartType.PortStatistics => "OFPPortStatsRequest",
            MultipartType.Queue => "OFPQueueStatsRequest",
            MultipartType.Group => "OFPGroupStatsRequest",
            MultipartType.GroupDescription => "OFPGroupDescStatsRequest",
            MultipartType.GroupFeatures => "OFPGroupFeaturesStatsRequest",
            MultipartType.Meter => "OFPMeterStatsRequest",
            MultipartType.MeterConfig => "OFPMeterConfigStatsRequest",
            MultipartType.MeterFeatures => "OFPMeterFeaturesStatsRequest",
            MultipartType.TableFeatures => "OFPTableFeaturesStatsRequest",
            MultipartType.PortDescription => "OFPPortDescStatsRequest",
            _ => request is ExperimenterRequest { Experimenter: OpenNetworkingFoundation } ? "ONFFlowMonitorStatsRequest" : "OFPExperimenterStatsRequest",
        };
        return Named(name, body);
    }

    private static JsonObject Reply(MultipartReply reply)
    {
        (string name, JsonNode? body) = reply switch
        {
            DescriptionReply m => ("OFPDescStatsReply", (JsonNode?)Named("OFPDescStats", new()
            {
                ["mfr_desc"] = m.Manufacturer,
                ["hw_desc"] = m.Hardware,
                ["sw_desc"] = m.Software,
                ["serial_num"] = m.SerialNumber,
                ["dp_desc"] = m.Datapath,
            })),
            FlowStatisticsReply m => ("OFPFlowStatsReply", List(m.Flows.Select(Flow))),
            AggregateReply m => ("OFPAggregateStatsReply", Named("OFPAggregateStats", new()
            {
                ["packet_count"] = m.Counters.Packets,
                ["byte_count"] = m.Counters.Bytes,
                ["flow_count"] = m.Flows,
            })),
            TableStatisticsReply m => ("OFPTableStatsReply", List(m.Tables.Select(table => Named("OFPTableStats", new()
            {
                ["table_id"] = table.Table,
                ["active_count"] = table.Active,
                ["lookup_count"] = table.Lookups,
                ["matched_count"] = table.Matched,
            })))),
            PortStatisticsReply m => ("OFPPortStatsReply", List(m.Ports.Select(PortCounters))),
            QueueStatisticsReply m => ("OFPQueueStatsReply", List(m.Queues.Select(queue => Named("OFPQueueStats", new()
            {
                ["port_no"] = queue.Port,
                ["queue_id"] = queue.Queue,
                ["tx_bytes"] = queue.Bytes,
                ["tx_packets"] = queue.Packets,
                ["tx_errors"] = queue.Errors,
                ["duration_sec"] = queue.Duration.Seconds,
                ["duration_nsec"] = queue.Duration.Nanoseconds,
            })))),
            GroupStatisticsReply m => ("OFPGroupStatsReply", List(m.Groups.Select(group => Named("OFPGroupStats", new()
            {
                ["group_id"] = group.Group,
                ["ref_count"] = group.References,
                ["packet_count"] = group.Counters.Packets,
                ["byte_count"] = group.Counters.Bytes,
                ["duration_sec"] = group.Duration.Seconds,
                ["duration_nsec"] = group.Duration.Nanoseconds,
                ["bucket_stats"] = List(group.Buckets.Select(bucket => Named("OFPBucketCounter", new() { ["packet_count"] = bucket.Packets, ["byte_count"] = bucket.Bytes }))),
            })))),
            GroupDescriptionReply m => ("OFPGroupDescStatsReply", List(m.Groups.Select(group => Named("OFPGroupDescStats", new()
            {
                ["group_id"] = group.Group,
                ["type"] = (int)group.GroupType,
                ["buckets"] = Buckets(group.Buckets),
            })))),
            GroupFeaturesReply m => ("OFPGroupFeaturesStatsReply", Named("OFPGroupFeaturesStats", new()
            {
                ["types"] = m.Types,
                ["capabilities"] = m.Capabilities,
                ["max_groups"] = Numbers(m.MaxGroups),
                ["actions"] = Numbers(m.Actions),
            })),
            MeterFeaturesReply m => ("OFPMeterFeaturesStatsReply", List([Named("OFPMeterFeaturesStats", new()
            {
                ["max_meter"] = m.MaxMeters, ["band_types"] = m.BandTypes, ["capabilities"] = m.Capabilities, ["max_bands"] = m.MaxBands, ["max_color"] = m.MaxColors,
            })])),
            TableFeaturesReply m => ("OFPTableFeaturesStatsReply", List(m.Tables.Select(Table))),
            PortDescriptionReply m => ("OFPPortDescStatsReply", List(m.Ports.Select(port => Port(port)))),
            OpaqueReply { Kind: MultipartType.Meter } => ("OFPMeterStatsReply", null),
            OpaqueReply { Kind: MultipartType.MeterConfig } => ("OFPMeterConfigStatsReply", null),
            _ => ("OFPExperimenterStatsReply", null),
        };
        JsonObject described = new() { ["type"] = (int)reply.Part, ["flags"] = reply.HasMore ? 1 : 0 };
        if (body is not null)
            described["body"] = body;
        return Named(name, described);
    }

    private static JsonObject Flow(FlowStatistics flow) => Named("OFPFlowStats", new()
    {
        ["table_id"] = flow.Table,
        ["priority"] = flow.Priority,
        ["match"] = Match(flow.Match),
        ["instructions"] = Instructions(flow.Instructions),
        ["duration_sec"] = flow.Duration.Seconds,
        ["duration_nsec"] = flow.Duration.Nanoseconds,
        ["idle_timeout"] = flow.IdleTimeout,
        ["hard_timeout"] = flow.HardTimeout,
        ["flags"] = (int)flow.Flags,
        ["cookie"] = flow.Cookie,
        ["packet_count"] = flow.Counters.Packets,
        ["byte_count"] = flow.Counters.Bytes,
    });

    private static JsonObject PortCounters(PortStatistics port) => Named("OFPPortStats", new()
    {
        ["port_no"] = port.Port,
        ["rx_packets"] = port.ReceivedPackets,
        ["tx_packets"] = port.SentPackets,
        ["rx_bytes"] = port.ReceivedBytes,
        ["tx_bytes"] = port.SentBytes,
        ["rx_dropped"] = port.ReceiveDrops,
        ["tx_dropped"] = port.SendDrops,
        ["rx_errors"] = port.ReceiveErrors,
        ["tx_errors"] = port.SendErrors,
        ["rx_frame_err"] = port.FrameErrors,
        ["rx_over_err"] = port.OverrunErrors,
        ["rx_crc_err"] = port.CrcErrors,
        ["collisions"] = port.Collisions,
        ["duration_sec"] = port.Duration.Seconds,
        ["duration_nsec"] = port.Duration.Nanoseconds,
    });

    private static JsonObject Table(TableFeatures table) => Named("OFPTableFeaturesStats", new()
    {
        ["table_id"] = table.Table,
        ["name"] = table.Name,
        ["metadata_match"] = table.MetadataMatch,
        ["metadata_write"] = table.MetadataWrite,
        ["config"] = table.Config,
        ["max_entries"] = table.MaxEntries,
        ["properties"] = List(table.Properties.Select(TableProperty)),
    });

    private static JsonObject TableProperty(TableProperty property)
    {
        if (TableFeatureTypes.IsTables(property.Type))
            return Named("OFPTableFeaturePropNextTables", new() { ["type"] = property.Type, ["table_ids"] = Numbers(property.Ids) });
        if (TableFeatureTypes.IsInstructions(property.Type))
            return Named("OFPTableFeaturePropInstructions", new() { ["type"] = property.Type, ["instruction_ids"] = Ids("OFPInstructionId", property) });
        if (TableFeatureTypes.IsActions(property.Type))
            return Named("OFPTableFeaturePropActions", new() { ["type"] = property.Type, ["action_ids"] = Ids("OFPActionId", property) });
        if (property.Type >= TableFeatureTypes.FirstExperimenter)
            return Named("OFPTableFeaturePropExperimenter", new() { ["type"] = property.Type, ["experimenter"] = property.Ids[0] });
        // Fields are told by name there, with a length of 0 whatever it is: how many there are must do.
        return Named("OFPTableFeaturePropOxm", new() { ["type"] = property.Type, ["oxm_ids"] = List(property.Ids.Select(static _ => Named("OFPOxmId", []))) });
    }

    private static JsonArray Ids(string name, TableProperty property) => List(property.Ids.Select(id => Named(name, new() { ["type"] = id })));

    private static JsonObject Describe10(OpenFlowMessage message) => message switch
    {
        FeaturesRequest => Named("OFPFeaturesRequest", []),
        FeaturesReply m => Named("OFPSwitchFeatures", new()
        {
            ["datapath_id"] = m.DatapathId,
            ["n_buffers"] = m.Buffers,
            ["n_tables"] = m.Tables,
            ["capabilities"] = m.Capabilities,
            ["actions"] = m.Actions10,
            ["ports"] = new JsonObject(m.Ports10.Select(port => KeyValuePair.Create($"{port.Port}", (JsonNode?)Port(port, "OFPPhyPort")))),
        }),
        PacketIn m => Named("OFPPacketIn", new()
        {
            ["buffer_id"] = m.BufferId,
            ["data"] = Data(m.Data),
            ["in_port"] = (ulong)m.Match.Fields[0].Value,
            ["reason"] = (int)m.Reason,
            ["total_len"] = m.TotalLength,
        }),
        PacketOut m => Named("OFPPacketOut", new() { ["buffer_id"] = m.BufferId, ["in_port"] = (ushort)m.InPort, ["actions"] = Actions10(m.Actions), ["data"] = Data(m.Data) }),
        FlowMod m => Named("OFPFlowMod", new()
        {
            ["command"] = (int)m.Command,
            ["cookie"] = m.Cookie,
            ["idle_timeout"] = m.IdleTimeout,
            ["hard_timeout"] = m.HardTimeout,
            ["priority"] = m.Priority,
            ["buffer_id"] = m.BufferId,
            ["out_port"] = (ushort)m.OutPort,
            ["match"] = Match10(m.Match),
            ["actions"] = Actions10(m.Instructions.Count == 0 ? default : ((ApplyActionsInstruction)m.Instructions[0]).Actions),
        }),
        _ => throw new InvalidOperationException($"{message.GetType().Name} is not described yet."),
    };

    // The fields that a match of the vectors can have; one that is not there is wildcarded, and 0 in them.
    private static JsonObject Match10(FlowMatch match)
    {
        return Named("OFPMatch", new()
        {
            ["dl_dst"] = FieldValue(OxmFieldId.EthernetDestination, Value(OxmFieldId.EthernetDestination)),
            ["dl_src"] = FieldValue(OxmFieldId.EthernetSource, Value(OxmFieldId.EthernetSource)),
            ["dl_type"] = (int)Value(OxmFieldId.EthernetType),
            ["in_port"] = (uint)Value(OxmFieldId.InPort),
            ["nw_src"] = FieldValue(OxmFieldId.Ipv4Source, Value(OxmFieldId.Ipv4Source)),
            ["nw_dst"] = FieldValue(OxmFieldId.Ipv4Destination, Value(OxmFieldId.Ipv4Destination)),
        });

        UInt128 Value(OxmFieldId id) => match.TryGet(id, out OxmField field) ? field.Value : 0;
    }

    private static JsonArray Actions10(ValueArray<OpenFlowAction> actions) => List(actions.Select(action => action switch
    {
        OutputAction a => Named("OFPActionOutput", new() { ["port"] = (ushort)a.Port, ["max_len"] = a.MaxLength }),
        DecrementTtlAction => Named("NXActionDecTtl", []),
        ExperimenterAction a => Named("Experimenter", new() { ["vendor"] = a.Experimenter, ["subtype"] = $"{(a.Data[0] << 8) | a.Data[1]}" }),
        _ => throw new InvalidOperationException($"{action.GetType().Name} is not described yet."),
    }));
}
