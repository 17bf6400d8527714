using OpenNetVM.OpenFlow.Matches;
using OpenNetVM.OpenFlow.Protocol;

namespace OpenNetVM.OpenFlow.Messages;

/// <summary>A question whose answer may take several messages (1.0: statistics request).</summary>
internal abstract record MultipartRequest : OpenFlowMessage
{
    public override MessageType Type => MessageType.MultipartRequest;

    public abstract MultipartType Part { get; }

    /// <summary>Whether more of the question follows.</summary>
    public bool HasMore { get; init; }
}

/// <summary>A question without arguments: DESC, TABLE, GROUP_DESC, GROUP_FEATURES, METER_FEATURES, PORT_DESC.</summary>
internal sealed record PlainRequest(MultipartType Kind) : MultipartRequest
{
    public override MultipartType Part => Kind;
}

/// <summary>Asks for rules one by one (FLOW), or for their sums (AGGREGATE).</summary>
internal sealed record FlowStatisticsRequest(bool IsAggregate, FlowMatch Match) : MultipartRequest
{
    public byte Table { get; init; } = OpenFlowConstants.AllTables;

    public uint OutPort { get; init; } = ReservedPort.Any;

    public uint OutGroup { get; init; } = ReservedGroup.Any;

    public ulong Cookie { get; init; }

    public ulong CookieMask { get; init; }

    public override MultipartType Part => IsAggregate ? MultipartType.Aggregate : MultipartType.Flow;
}

/// <summary>Asks for the counters of a port, or of all.</summary>
internal sealed record PortStatisticsRequest(uint Port) : MultipartRequest
{
    public override MultipartType Part => MultipartType.PortStatistics;
}

/// <summary>Asks for the counters of queues.</summary>
internal sealed record QueueStatisticsRequest(uint Port, uint Queue) : MultipartRequest
{
    public override MultipartType Part => MultipartType.Queue;
}

/// <summary>Asks for the counters of a group, or of all.</summary>
internal sealed record GroupStatisticsRequest(uint Group) : MultipartRequest
{
    public override MultipartType Part => MultipartType.Group;
}

/// <summary>Asks for a meter's counters or settings.</summary>
internal sealed record MeterRequest(MultipartType Kind, uint Meter) : MultipartRequest
{
    public override MultipartType Part => Kind;
}

/// <summary>Asks what the tables can do, or sets it where it has tables.</summary>
internal sealed record TableFeaturesRequest(ValueArray<TableFeatures> Tables) : MultipartRequest
{
    public override MultipartType Part => MultipartType.TableFeatures;
}

/// <summary>A question of some maker's own.</summary>
internal sealed record ExperimenterRequest(uint Experimenter, ValueArray<byte> Data) : MultipartRequest
{
    public override MultipartType Part => MultipartType.Experimenter;
}
