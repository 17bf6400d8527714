using Microsoft.Extensions.Logging;
using OpenNetVM.OpenFlow.Channel;
using OpenNetVM.OpenFlow.Messages;
using OpenNetVM.OpenFlow.Protocol;

namespace OpenNetVM.OpenFlow.Agent;

/// <summary>
/// The control half of an OpenFlow switch with one table: holds the controllers' rules and groups, answers their messages, and keeps what the data path has
/// installed in step with the rules. Safe from any thread.
/// </summary>
/// <remarks>
/// <para>One lock guards rules, groups and tracked flows. It is held for microseconds, for as long as a walk over the rules takes where a message concerns many of
/// them, and never while anything is sent.</para>
/// <para>Every message is handled to its end before the next of the same channel: when a BARRIER is answered, the flows that an earlier message made void
/// have been taken out of the data path.</para>
/// </remarks>
internal sealed partial class SwitchAgent : IMessageHandler, IDisposable
{
    private readonly Lock _gate = new();
    private readonly IOpenFlowDatapath _datapath;
    private readonly SwitchAgentOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ITimer _sweeper;
    private readonly RuleTable _rules;
    private readonly Dictionary<uint, OpenFlowGroup> _groups = [];
    private readonly Func<uint, bool> _hasGroup;

    // Replaced as a whole under the lock, so that it can be read without.
    private volatile AgentSession[] _sessions = [];
    private ulong _lookups;
    private ulong _matched;
    private ulong? _generation;

    /// <summary>Makes an agent; it begins to look at timeouts at once.</summary>
    public SwitchAgent(IOpenFlowDatapath datapath, SwitchAgentOptions options, TimeProvider time, ILogger logger)
    {
        options.Validate();
        _datapath = datapath;
        _options = options;
        _time = time;
        _logger = logger;
        _rules = new RuleTable(options.MaxRules);
        _hasGroup = _groups.ContainsKey;
        _sweeper = time.CreateTimer(static agent => ((SwitchAgent)agent!).Expire(), this, options.SweepPeriod, options.SweepPeriod);
    }

    /// <summary>The channels that are open.</summary>
    public IReadOnlyList<AgentSession> Sessions => _sessions;

    /// <summary>Rules held.</summary>
    public int RuleCount
    {
        get
        {
            lock (_gate)
                return _rules.Count;
        }
    }

    public IChannelSession Open(OpenFlowConnection connection)
    {
        AgentSession session = new(this, connection);
        lock (_gate)
            _sessions = [.. _sessions, session];
        _datapath.ControllersChanged(IsControlled);
        return session;
    }

    public void Close(AgentSession session)
    {
        lock (_gate)
            _sessions = [.. _sessions.Where(other => other != session)];
        _datapath.ControllersChanged(IsControlled);
    }

    public void Dispose() => _sweeper.Dispose();

    /// <summary>Answers a message. Nothing else is done for a slave than answering questions (OpenFlow 1.3.5, 6.3.6).</summary>
    public async ValueTask<OpenFlowError> HandleAsync(AgentSession session, OpenFlowMessage message, CancellationToken cancellation)
    {
        if (session.IsSlave && message is PacketOut or FlowMod or GroupMod or PortMod or TableMod or MeterMod or TableFeaturesRequest { Tables.Count: > 0 })
            return Errors.BadRequest.IsSlave;
        if (message is MultipartRequest request)
            return await AnswerAsync(session, request, cancellation).ConfigureAwait(false);
        // A controller that sends packets faster than they go is read no faster.
        if (message is BarrierRequest || (_datapath.IsBusy && message is PacketOut or FlowMod))
            await _datapath.SettleAsync(cancellation).ConfigureAwait(false);
        OpenFlowError error = Handle(session, message, out OpenFlowMessage? reply);
        if (message is RoleRequest)
            _datapath.ControllersChanged(IsControlled);
        if (reply is not null && !error.IsError)
            await session.Connection.SendAsync(reply with { Xid = message.Xid }, cancellation).ConfigureAwait(false);
        return error;
    }

    private OpenFlowError Handle(AgentSession session, OpenFlowMessage message, out OpenFlowMessage? reply)
    {
        reply = null;
        switch (message)
        {
            case FlowMod flowMod:
                return Change(flowMod);
            case PacketOut packetOut:
                return SendOut(packetOut);
            case BarrierRequest:
                // Everything before it on this channel is done.
                reply = new BarrierReply();
                return OpenFlowError.None;
            case FeaturesRequest:
                reply = Features(session.Version);
                return OpenFlowError.None;
            case GetConfigRequest:
                reply = new GetConfigReply(0, session.MissSendLength);
                return OpenFlowError.None;
            case SetConfig config:
                // Fragments are handled like other packets, and in no other way.
                if (config.Flags != 0)
                    return Errors.SwitchConfig.Flags;
                lock (_gate)
                    session.MissSendLength = config.MissSendLength;
                return OpenFlowError.None;
            case GroupMod groupMod:
                return Change(groupMod);
            case PortMod portMod:
                return Change(portMod);
            case TableMod tableMod:
                return tableMod.Table is not (0 or OpenFlowConstants.AllTables) ? Errors.TableMod.Table
                    : tableMod.Config != 0 ? Errors.TableMod.Config : OpenFlowError.None;
            case MeterMod meterMod:
                return Refuse(meterMod);
            case QueueGetConfigRequest queues:
                return Queues(queues, out reply);
            case RoleRequest role:
                return ChangeRole(session, role, out reply);
            case GetAsyncRequest:
                reply = new GetAsyncReply(session.Masks);
                return OpenFlowError.None;
            case SetAsync set:
                lock (_gate)
                    session.Masks = set.Masks;
                return OpenFlowError.None;
            case ExperimenterMessage:
                return Errors.BadRequest.Experimenter;
            default:
                // What only a switch sends.
                return Errors.BadRequest.Type;
        }
    }

    private FeaturesReply Features(byte version)
    {
        const SwitchCapabilities Common = SwitchCapabilities.FlowStatistics | SwitchCapabilities.TableStatistics | SwitchCapabilities.PortStatistics | SwitchCapabilities.QueueStatistics;
        // 8 is "group statistics" in 1.3 and "spanning tree" in 1.0.
        SwitchCapabilities capabilities = version == WireVersion.Of10 ? Common : Common | SwitchCapabilities.GroupStatistics;
        return new FeaturesReply(_options.DatapathId, _datapath.BufferCount, Tables: 1, AuxiliaryId: 0, (uint)capabilities)
        {
            Actions10 = version == WireVersion.Of10 ? Wire.ActionCodec10.Supported : 0,
            Ports10 = version == WireVersion.Of10 ? _datapath.Ports : default,
        };
    }

    private OpenFlowError SendOut(PacketOut message)
    {
        if (message.BufferId != OpenFlowConstants.NoBuffer && message.Data.Count > 0)
            return Errors.BadRequest.Packet;
        // An ingress port must be a real one, or say that the packet comes from the controller (OpenFlow 1.3.5, 7.3.7).
        if (message.InPort is 0 or (> ReservedPort.Max and not (ReservedPort.Controller or ReservedPort.Local or ReservedPort.Any)))
            return Errors.BadRequest.Port;
        OpenFlowError error;
        lock (_gate)
            error = ActionValidator.Check(null, message.Actions, _hasGroup);
        return error.IsError ? error : _datapath.Send(message);
    }

    private OpenFlowError Change(PortMod message)
    {
        PortDescription? port = FindPort(message.Port);
        if (port is null)
            return Errors.PortMod.Port;
        if (port.HardwareAddress != message.HardwareAddress)
            return Errors.PortMod.HardwareAddress;
        PortConfig mask = (PortConfig)message.Mask;
        if ((mask & ~PortConfig.All) != 0)
            return Errors.PortMod.Config;
        PortDescription? changed = _datapath.Configure(message.Port, (PortConfig)message.Config & mask, mask);
        if (changed is null)
            return Errors.PortMod.Config;
        if (changed != port)
            PortChanged(PortStatusReason.Modify, changed);
        return OpenFlowError.None;
    }

    private PortDescription? FindPort(uint number)
    {
        foreach (PortDescription port in _datapath.Ports)
        {
            if (port.Port == number)
                return port;
        }

        return null;
    }

    // There are no meters, which METER_FEATURES says too: none can be added, and none found.
    private static OpenFlowError Refuse(MeterMod message) => message.Command switch
    {
        0 => Errors.MeterMod.OutOfMeters,
        1 => Errors.MeterMod.UnknownMeter,
        2 => OpenFlowError.None,
        _ => Errors.MeterMod.Command,
    };

    private OpenFlowError Queues(QueueGetConfigRequest request, out OpenFlowMessage? reply)
    {
        reply = null;
        List<PacketQueue> queues = [];
        foreach (PortDescription port in _datapath.Ports)
        {
            if (request.Port != port.Port && request.Port != ReservedPort.Any)
                continue;
            foreach (uint queue in _datapath.QueuesOf(port.Port))
                queues.Add(new PacketQueue(queue, port.Port, default));
        }

        if (request.Port != ReservedPort.Any && FindPort(request.Port) is null)
            return Errors.QueueOperation.Port;
        reply = new QueueGetConfigReply(request.Port, new ValueArray<PacketQueue>([.. queues]));
        return OpenFlowError.None;
    }

    private OpenFlowError ChangeRole(AgentSession session, RoleRequest request, out OpenFlowMessage? reply)
    {
        reply = null;
        lock (_gate)
        {
            if (request.Role is ControllerRole.Master or ControllerRole.Slave)
            {
                // Serial-number arithmetic: a generation that lies behind the last is of a controller that has not heard the news (OpenFlow 1.3.5, 6.3.6).
                if (_generation is { } last && (long)(request.GenerationId - last) < 0)
                    return Errors.RoleRequest.Stale;
                _generation = request.GenerationId;
            }

            if (request.Role == ControllerRole.Master)
            {
                foreach (AgentSession other in _sessions)
                {
                    if (other != session && other.Role == ControllerRole.Master)
                        other.Role = ControllerRole.Slave;
                }
            }

            if (request.Role != ControllerRole.NoChange)
                session.Role = request.Role;
            reply = new RoleReply(session.Role, _generation ?? ulong.MaxValue);
            return OpenFlowError.None;
        }
    }
}
