using OpenNetVM.OpenFlow.Actions;
using OpenNetVM.OpenFlow.Matches;
using OpenNetVM.OpenFlow.Protocol;

namespace OpenNetVM.OpenFlow.Messages;

/// <summary>An answer, which is written as several messages where it is longer than one can be (1.0: statistics reply).</summary>
internal abstract record MultipartReply : OpenFlowMessage
{
    public override MessageType Type => MessageType.MultipartReply;

    public abstract MultipartType Part { get; }

    /// <summary>Whether more of the answer follows.</summary>
    public bool HasMore { get; init; }
}

/// <summary>Who made the switch, and what it calls itself.</summary>
internal sealed record DescriptionReply(string Manufacturer, string Hardware, string Software, string SerialNumber, string Datapath) : MultipartReply
{
    public override MultipartType Part => MultipartType.Description;
}

/// <summary>A rule with its counters.</summary>
internal sealed record FlowStatistics(byte Table, ushort Priority, FlowMatch Match, ValueArray<Instruction> Instructions)
{
    public OpenFlowDuration Duration { get; init; }

    public ushort IdleTimeout { get; init; }

    public ushort HardTimeout { get; init; }

    public FlowModFlags Flags { get; init; }

    public ulong Cookie { get; init; }

    public FlowCounters Counters { get; init; }
}

/// <summary>Rules one by one.</summary>
internal sealed record FlowStatisticsReply(ValueArray<FlowStatistics> Flows) : MultipartReply
{
    public override MultipartType Part => MultipartType.Flow;
}

/// <summary>Rules summed up.</summary>
internal sealed record AggregateReply(FlowCounters Counters, uint Flows) : MultipartReply
{
    public override MultipartType Part => MultipartType.Aggregate;
}

/// <summary>Counters of a table; name, wildcards and size are there in 1.0 only.</summary>
internal sealed record TableStatistics(byte Table, uint Active, ulong Lookups, ulong Matched)
{
    public string Name10 { get; init; } = "";

    public uint Wildcards10 { get; init; }

    public uint MaxEntries10 { get; init; }
}

/// <summary>Counters of the tables.</summary>
internal sealed record TableStatisticsReply(ValueArray<TableStatistics> Tables) : MultipartReply
{
    public override MultipartType Part => MultipartType.Table;
}

/// <summary>Counters of a port; one that is not kept is all ones (OpenFlow 1.3.5, 7.3.5.6).</summary>
internal sealed record PortStatistics(uint Port)
{
    public const ulong NotKept = ulong.MaxValue;

    public ulong ReceivedPackets { get; init; }

    public ulong SentPackets { get; init; }

    public ulong ReceivedBytes { get; init; }

    public ulong SentBytes { get; init; }

    public ulong ReceiveDrops { get; init; }

    public ulong SendDrops { get; init; }

    public ulong ReceiveErrors { get; init; }

    public ulong SendErrors { get; init; }

    public ulong FrameErrors { get; init; }

    public ulong OverrunErrors { get; init; }

    public ulong CrcErrors { get; init; }

    public ulong Collisions { get; init; }

    public OpenFlowDuration Duration { get; init; }
}

/// <summary>Counters of ports.</summary>
internal sealed record PortStatisticsReply(ValueArray<PortStatistics> Ports) : MultipartReply
{
    public override MultipartType Part => MultipartType.PortStatistics;
}

/// <summary>Counters of a queue.</summary>
internal sealed record QueueStatistics(uint Port, uint Queue, ulong Bytes, ulong Packets, ulong Errors, OpenFlowDuration Duration);

/// <summary>Counters of queues.</summary>
internal sealed record QueueStatisticsReply(ValueArray<QueueStatistics> Queues) : MultipartReply
{
    public override MultipartType Part => MultipartType.Queue;
}

/// <summary>Counters of a group and of its buckets.</summary>
internal sealed record GroupStatistics(uint Group, uint References, FlowCounters Counters, OpenFlowDuration Duration, ValueArray<FlowCounters> Buckets);

/// <summary>Counters of groups.</summary>
internal sealed record GroupStatisticsReply(ValueArray<GroupStatistics> Groups) : MultipartReply
{
    public override MultipartType Part => MultipartType.Group;
}

/// <summary>A group as it was set.</summary>
internal sealed record GroupDescription(uint Group, GroupType GroupType, ValueArray<Bucket> Buckets);

/// <summary>The groups as they were set.</summary>
internal sealed record GroupDescriptionReply(ValueArray<GroupDescription> Groups) : MultipartReply
{
    public override MultipartType Part => MultipartType.GroupDescription;
}

/// <summary>What groups can do; maxima and action bits by group type, four each.</summary>
internal sealed record GroupFeaturesReply(uint Types, uint Capabilities, ValueArray<uint> MaxGroups, ValueArray<uint> Actions) : MultipartReply
{
    public override MultipartType Part => MultipartType.GroupFeatures;
}

/// <summary>What meters can do.</summary>
internal sealed record MeterFeaturesReply(uint MaxMeters, uint BandTypes, uint Capabilities, byte MaxBands, byte MaxColors) : MultipartReply
{
    public override MultipartType Part => MultipartType.MeterFeatures;
}

/// <summary>A property of a table: ids of instructions, tables, actions or match fields, by type (OpenFlow 1.3.5, 7.3.5.5.2).</summary>
internal sealed record TableProperty(ushort Type, ValueArray<uint> Ids);

/// <summary>What a table can do.</summary>
internal sealed record TableFeatures(byte Table, string Name, ulong MetadataMatch, ulong MetadataWrite, uint Config, uint MaxEntries, ValueArray<TableProperty> Properties);

/// <summary>What the tables can do.</summary>
internal sealed record TableFeaturesReply(ValueArray<TableFeatures> Tables) : MultipartReply
{
    public override MultipartType Part => MultipartType.TableFeatures;
}

/// <summary>The ports.</summary>
internal sealed record PortDescriptionReply(ValueArray<PortDescription> Ports) : MultipartReply
{
    public override MultipartType Part => MultipartType.PortDescription;
}

/// <summary>An answer whose body is not looked into: METER, METER_CONFIG and EXPERIMENTER.</summary>
internal sealed record OpaqueReply(MultipartType Kind, ValueArray<byte> Body) : MultipartReply
{
    public override MultipartType Part => Kind;
}
