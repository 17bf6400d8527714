using OpenNetVM.OpenFlow.Messages;
using OpenNetVM.OpenFlow.Protocol;

namespace OpenNetVM.OpenFlow.Agent;

/// <content>Multipart messages (OpenFlow 1.3.5, 7.3.5).</content>
internal sealed partial class SwitchAgent
{
    /// <summary>Rules in one piece of an answer: a walk over the rules holds the lock for that many at a time.</summary>
    private const int RulesAtOnce = 256;

    private const uint GroupTypes = (1 << (int)GroupType.All) | (1 << (int)GroupType.Select) | (1 << (int)GroupType.Indirect);
    private const uint SelectWeight = 1;

    private async ValueTask<OpenFlowError> AnswerAsync(AgentSession session, MultipartRequest request, CancellationToken cancellation)
    {
        // A question in several parts could only be one for table features, which cannot be set.
        if (request.HasMore)
            return Errors.BadRequest.MultipartOverflow;
        if (request is FlowStatisticsRequest { IsAggregate: false } flows)
            return await SendRulesAsync(session, flows, cancellation).ConfigureAwait(false);
        OpenFlowError error = Answer(session.Version, request, out MultipartReply? reply);
        if (reply is not null && !error.IsError)
            await session.Connection.SendAsync(reply with { Xid = request.Xid }, cancellation).ConfigureAwait(false);
        return error;
    }

    private OpenFlowError Answer(byte version, MultipartRequest request, out MultipartReply? reply)
    {
        reply = null;
        switch (request)
        {
            case PlainRequest plain:
                reply = Answer(version, plain.Kind);
                return reply is null ? Errors.BadRequest.Multipart : OpenFlowError.None;
            case FlowStatisticsRequest flows:
                return Aggregate(flows, out reply);
            case PortStatisticsRequest ports:
                return Answer(ports, out reply);
            case QueueStatisticsRequest queues:
                return Answer(queues, out reply);
            case GroupStatisticsRequest groups:
                reply = Answer(groups);
                return OpenFlowError.None;
            case MeterRequest meters:
                if (meters.Meter < 0xFFFF_0000)
                    return Errors.MeterMod.UnknownMeter;
                reply = new OpaqueReply(meters.Kind, default);
                return OpenFlowError.None;
            case TableFeaturesRequest { Tables.Count: 0 }:
                reply = new TableFeaturesReply([TableOffer.Describe(_options.MaxRules)]);
                return OpenFlowError.None;
            case TableFeaturesRequest:
                return Errors.TableFeatures.NotPermitted;
            case ExperimenterRequest:
                return Errors.BadRequest.Experimenter;
            default:
                return Errors.BadRequest.Multipart;
        }
    }

    private MultipartReply? Answer(byte version, MultipartType type)
    {
        switch (type)
        {
            case MultipartType.Description:
                return new DescriptionReply(_options.Manufacturer, _options.Hardware, _options.Software, _options.SerialNumber, _options.Description);
            case MultipartType.PortDescription:
                return new PortDescriptionReply(_datapath.Ports);
            case MultipartType.MeterFeatures:
                return new MeterFeaturesReply(0, 0, 0, 0, 0);
            case MultipartType.GroupFeatures:
                uint groups = (uint)_options.MaxGroups;
                return new GroupFeaturesReply(GroupTypes, SelectWeight, [groups, groups, groups, 0], [TableOffer.ActionBits, TableOffer.ActionBits, TableOffer.ActionBits, 0]);
        }

        lock (_gate)
        {
            return type switch
            {
                MultipartType.Table => new TableStatisticsReply([new TableStatistics(0, (uint)_rules.Count, _lookups, _matched)
                {
                    Name10 = TableOffer.Name,
                    Wildcards10 = Wire.MatchCodec10.Everything,
                    MaxEntries10 = (uint)_options.MaxRules,
                }]),
                MultipartType.GroupDescription when version != WireVersion.Of10 => new GroupDescriptionReply(new ValueArray<GroupDescription>(
                    [.. _groups.Values.OrderBy(static group => group.Id).Select(static group => new GroupDescription(group.Id, group.Type, group.Buckets))])),
                _ => null,
            };
        }
    }

    private async ValueTask<OpenFlowError> SendRulesAsync(AgentSession session, FlowStatisticsRequest request, CancellationToken cancellation)
    {
        if (request.Table is not (0 or OpenFlowConstants.AllTables))
            return Errors.BadRequest.TableId;
        List<OpenFlowRule> rules = Selected(request);
        int sent = 0;
        do
        {
            int count = Math.Min(RulesAtOnce, rules.Count - sent);
            ValueArray<FlowStatistics> part = Describe(rules, sent, count);
            sent += count;
            FlowStatisticsReply reply = new(part) { Xid = request.Xid, HasMore = sent < rules.Count };
            await session.Connection.SendAsync(reply, cancellation).ConfigureAwait(false);
        }
        while (sent < rules.Count);
        return OpenFlowError.None;
    }

    private List<OpenFlowRule> Selected(FlowStatisticsRequest request)
    {
        lock (_gate)
        {
            List<OpenFlowRule> rules = Selected(request.Match, priority: null, request.Cookie, request.CookieMask);
            rules.RemoveAll(rule => !rule.Outputs(request.OutPort) || !rule.UsesGroup(request.OutGroup));
            return rules;
        }
    }

    private ValueArray<FlowStatistics> Describe(List<OpenFlowRule> rules, int start, int count)
    {
        FlowStatistics[] described = new FlowStatistics[count];
        lock (_gate)
        {
            for (int i = 0; i < count; i++)
            {
                OpenFlowRule rule = rules[start + i];
                Refresh(rule);
                described[i] = new FlowStatistics(0, rule.Priority, rule.Match, rule.Program.Instructions)
                {
                    Duration = OpenFlowDuration.Of(_time.GetElapsedTime(rule.Created)),
                    IdleTimeout = rule.IdleTimeout,
                    HardTimeout = rule.HardTimeout,
                    Flags = rule.Flags,
                    Cookie = rule.Cookie,
                    Counters = rule.Report(),
                };
            }
        }

        return new ValueArray<FlowStatistics>(described);
    }

    private OpenFlowError Aggregate(FlowStatisticsRequest request, out MultipartReply? reply)
    {
        reply = null;
        if (request.Table is not (0 or OpenFlowConstants.AllTables))
            return Errors.BadRequest.TableId;
        ulong packets = 0, bytes = 0;
        List<OpenFlowRule> rules = Selected(request);
        lock (_gate)
        {
            foreach (OpenFlowRule rule in rules)
            {
                Refresh(rule);
                packets += rule.Counters.Packets;
                bytes += rule.Counters.Bytes;
            }
        }

        reply = new AggregateReply(new FlowCounters(packets, bytes), (uint)rules.Count);
        return OpenFlowError.None;
    }

    private OpenFlowError Answer(PortStatisticsRequest request, out MultipartReply? reply)
    {
        List<PortStatistics> ports = [];
        foreach (PortDescription port in _datapath.Ports)
        {
            if ((request.Port == ReservedPort.Any || request.Port == port.Port) && _datapath.ReadPort(port.Port) is { } statistics)
                ports.Add(statistics);
        }

        reply = new PortStatisticsReply(new ValueArray<PortStatistics>([.. ports]));
        return ports.Count == 0 && request.Port != ReservedPort.Any ? Errors.BadRequest.Port : OpenFlowError.None;
    }

    // Queues lead to services, and what goes through one is counted by the service, not by the queue (all ones: not kept).
    private OpenFlowError Answer(QueueStatisticsRequest request, out MultipartReply? reply)
    {
        List<QueueStatistics> queues = [];
        bool isPort = request.Port == ReservedPort.Any;
        foreach (PortDescription port in _datapath.Ports)
        {
            if (request.Port != ReservedPort.Any && request.Port != port.Port)
                continue;
            isPort = true;
            foreach (uint queue in _datapath.QueuesOf(port.Port))
            {
                if (request.Queue is OpenFlowConstants.AllQueues || request.Queue == queue)
                    queues.Add(new QueueStatistics(port.Port, queue, PortStatistics.NotKept, PortStatistics.NotKept, PortStatistics.NotKept, default));
            }
        }

        reply = new QueueStatisticsReply(new ValueArray<QueueStatistics>([.. queues]));
        return !isPort ? Errors.QueueOperation.Port
            : queues.Count == 0 && request.Queue != OpenFlowConstants.AllQueues ? Errors.QueueOperation.Queue
            : OpenFlowError.None;
    }

    private GroupStatisticsReply Answer(GroupStatisticsRequest request)
    {
        List<GroupStatistics> groups = [];
        lock (_gate)
        {
            foreach (OpenFlowGroup group in _groups.Values.OrderBy(static group => group.Id))
            {
                if (request.Group == ReservedGroup.All || request.Group == group.Id)
                {
                    foreach (OpenFlowRule rule in group.Rules)
                        Refresh(rule);
                    groups.Add(new GroupStatistics(
                        group.Id, (uint)group.Rules.Count, group.Counters, OpenFlowDuration.Of(_time.GetElapsedTime(group.Created)), ValueArray.Create(group.BucketCounters)));
                }
            }
        }

        return new GroupStatisticsReply(new ValueArray<GroupStatistics>([.. groups]));
    }
}
