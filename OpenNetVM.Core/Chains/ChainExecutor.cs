using System.Runtime.ExceptionServices;
using OpenNetVM.Core.Dataplane;
using OpenNetVM.Core.Diagnostics;
using OpenNetVM.Core.Flows;
using OpenNetVM.Core.Memory;
using OpenNetVM.Core.Packets;
using OpenNetVM.Core.Ports;
using OpenNetVM.Core.Processes;
using OpenNetVM.Core.Services;
using OpenNetVM.Core.Steering;

// How a packet is steered. A burst comes from a port (RxPoller) or from an instance's transmit ring (TxPoller). Neighbours with equal
// steering words (chain revision, hop, action, destination, director version: 8 bytes, one compare) form a run, and everything that
// depends on nothing else is decided once per run:
//
// 1. Action Next and the director unchanged since the packet was classified: the step behind its hop in its chain revision.
//    The director has changed: look the flow up again first; the packet may be moved to another chain, unless its own is fixed.
// 2. ToService, ToPort, ToChain: that destination, if the policy allows; a vetoed action becomes Next or Drop.
// 3. The step's or action's target: an instance of a service (by the load balancer's table), a port, or a drop.
//
// Between instances of this worker packets go past the rings: see ChainExecutor.Fused.cs.
//
// What is done per packet: one compare that the buffer is its sender's own (never trusting what another process could have written),
// one store of the new owner, one 16-byte store into the receiver's ring. The packet itself is not touched.
namespace OpenNetVM.Core.Chains;

/// <summary>
/// Moves packets along their chains: one per worker, used by that worker alone. It decides each packet's next hop, hands it over,
/// and accounts for every packet that it drops.
/// </summary>
internal sealed unsafe partial class ChainExecutor
{
    /// <summary>The hop of a packet that has not taken the first step of its chain yet: adding one gives 0.</summary>
    internal const byte BeforeFirst = byte.MaxValue;

    // Timestamps are nanoseconds on most systems: this makes ticks of about a millisecond, good for 49 days.
    private const int PinningClockShift = 20;

    private readonly DataplaneState _plane;
    private readonly PacketPool _pool;
    private readonly int _number;
    private readonly uint _hopLimit;
    private readonly FlowClassifier _classifier;
    private readonly List<NfInstance> _unpublished = [];
    private readonly List<PortOutput> _portsToFlush = [];
    private readonly HashSet<Worker> _toWake = [];
    private readonly List<RemoteRunner> _toRing = [];
    private PoolCache?[] _caches;
    private PortOutput?[] _outputs = [];
    private ExceptionDispatchInfo? _portFault;

    /// <param name="plane">What all workers of the platform share.</param>
    /// <param name="worker">The worker that uses this executor.</param>
    /// <param name="number">The worker's number: which lane of every instance is its own.</param>
    internal ChainExecutor(DataplaneState plane, Worker worker, int number)
    {
        _plane = plane;
        _pool = plane.Pool;
        _number = number;
        _hopLimit = (uint)plane.HopLimit;
        _inPlaceHops = Math.Min(64, _hopLimit / 2);
        _given = new BurstBuffer(plane.BurstSize);
        Worker = worker;
        Cache = plane.Pool.CreateCache();
        _caches = [Cache];
        _classifier = new FlowClassifier(plane);
    }

    internal Worker Worker { get; }

    /// <summary>The worker's cache of the pool; of what ports receive into, where there are several security domains.</summary>
    internal PoolCache Cache { get; }

    /// <summary>Every packet that this worker dropped, by reason.</summary>
    internal DropCounters Drops { get; } = new();

    /// <summary>Packets that came in through this worker: received from ports, or created by functions.</summary>
    internal PaddedCounter Admitted;

    /// <summary>Those of the admitted packets that functions created or cloned.</summary>
    internal PaddedCounter Created;

    /// <summary>Packets that left through this worker: taken by ports, or dropped.</summary>
    internal PaddedCounter Completed;

    /// <summary>True while packets wait for a port that does not take them.</summary>
    internal bool HasPendingOutput => _portsToFlush.Count > 0;

    /// <summary>Gives fresh packets of a port their chain and sends them on their way.</summary>
    internal void Admit(Span<PacketDescriptor> burst, PortEntry port)
    {
        Admitted.Add(burst.Length);
        bool sameSteering = _classifier.Classify(burst, port);
        if (_plane.Services.Congestion.Any)
            burst = Shed(burst);
        // Their first step is by the rules as they were when they were looked up, a moment ago: where rules change all the time, many bursts would be looked up twice. From the next step on the
        // packets' version tells.
        if (!burst.IsEmpty)
            RouteAll(burst, new Sender(null), sameSteering, burst[0].DirectorVersion);
    }

    /// <summary>
    /// Sends packets on their way. Afterwards none of them is the caller's; call <see cref="Flush"/> once all bursts of a turn are routed.
    /// </summary>
    /// <param name="burst">The packets; the descriptors may be changed.</param>
    /// <param name="from">The instance that they come from, or null if the manager holds them.</param>
    internal void Route(Span<PacketDescriptor> burst, NfInstance? from) => RouteAll(burst, new Sender(from));

    /// <summary>As <see cref="Route(Span{PacketDescriptor}, NfInstance?)"/>, for packets that were an instance's and whose owner words say already that they are in transit.</summary>
    internal void RouteInTransit(Span<PacketDescriptor> burst, NfInstance from) => RouteAll(burst, Sender.InTransit(from, 0));

    /// <summary>Makes what was routed visible to the receivers, offers the ports what waits for them, and wakes workers that sleep.</summary>
    /// <returns>How many packets the ports took.</returns>
    internal int Flush()
    {
        Publish();

        int sent = 0;
        for (int i = _portsToFlush.Count - 1; i >= 0; i--)
        {
            PortOutput output = _portsToFlush[i];
            sent += output.Flush(Cache);
            if (output.Count == 0)
                _portsToFlush.RemoveAt(i);
        }

        if (sent > 0)
            Completed.Add(sent);
        if (_toWake.Count + _toRing.Count > 0)
            WakeReceivers();
        if (_portFault is { } fault)
        {
            _portFault = null;
            fault.Throw();
        }

        return sent;
    }

    private void RouteAll(Span<PacketDescriptor> burst, in Sender from)
    {
        if (!burst.IsEmpty)
            RouteAll(burst, from, SteeringWords.AreEqual(burst), _plane.Director.ShortVersion);
    }

    private void RouteAll(Span<PacketDescriptor> burst, in Sender from, bool sameSteering, ushort version)
    {
        RouteOn(burst, from, sameSteering, version);
        if (_gathered.Count > 0)
            RunGathered();
    }

    private void Route(Span<PacketDescriptor> burst, in Sender from, ushort version)
    {
        for (int start = 0; start < burst.Length;)
        {
            int end = EndOfRun(burst, start);
            RouteRun(burst[start..end], from, version);
            start = end;
        }
    }

    // Neighbours with equal steering form a run.
    private static int EndOfRun(ReadOnlySpan<PacketDescriptor> burst, int start)
    {
        ulong steering = burst[start].Steering;
        int end = start + 1;
        while (end < burst.Length && burst[end].Steering == steering)
            end++;
        return end;
    }

    private void RouteRun(Span<PacketDescriptor> run, in Sender from, ushort version)
    {
        PacketDescriptor first = run[0];
        switch (first.Action)
        {
            case PacketActionKind.Next:
                Follow(run, first, from, version);
                break;
            case PacketActionKind.ToService:
                SendToService(run, first, from, version);
                break;
            case PacketActionKind.ToPort:
                SendToPort(run, first, from, version);
                break;
            case PacketActionKind.Drop:
                Drop(run, from, DropReason.ByFunction);
                break;
            case PacketActionKind.ToChain:
                StartOnChain(run, first, from, version);
                break;
            default:
                // No function of ours can put this on a ring; another process can.
                Drop(run, from, DropReason.UnknownDestination);
                break;
        }
    }

    private void Follow(Span<PacketDescriptor> run, PacketDescriptor first, in Sender from, ushort version)
    {
        ChainRevision? chain = _plane.Chains.Revision(first.Chain);
        if (first.DirectorVersion != version)
        {
            if (chain is not { IsFixed: true })
            {
                _classifier.Reclassify(run, from, version);
                Route(run, from, version);
                return;
            }

            first.DirectorVersion = version;
        }

        byte hop = unchecked((byte)(first.Hop + 1));
        if (chain is null || hop >= chain.Steps.Length)
        {
            Drop(run, from, DropReason.UnknownDestination);
            return;
        }

        ref readonly CompiledStep step = ref chain.Steps[hop];
        switch (step.Kind)
        {
            case ChainStepKind.Service:
                first.Hop = hop;
                HandOver(run, step.Service!, first.Steering, from, fuse: true);
                break;
            case ChainStepKind.Port:
                Transmit(run, step.Port, from);
                break;
            default:
                Drop(run, from, DropReason.ByChain);
                break;
        }
    }

    private void SendToService(Span<PacketDescriptor> run, PacketDescriptor first, in Sender from, ushort version)
    {
        Service? service = _plane.Services.Find(new ServiceId(first.Destination));
        if (service is null)
        {
            Drop(run, from, DropReason.UnknownDestination);
            return;
        }

        if (from.Instance is { } sender && !_plane.Policy.MaySend(sender.Service.Id, service.Id))
        {
            Veto(run, from, sender, version);
            return;
        }

        // A jump ahead in the packet's own chain goes on from there; a detour comes back to where it left.
        int hop = first.Hop == BeforeFirst ? -1 : first.Hop;
        int ahead = _plane.Chains.Revision(first.Chain)?.FindAfter(service, hop) ?? -1;
        if (ahead >= 0)
            first.Hop = (byte)ahead;
        first.Action = PacketActionKind.Next;
        first.Destination = 0;
        HandOver(run, service, first.Steering, from, fuse: true);
    }

    private void StartOnChain(Span<PacketDescriptor> run, PacketDescriptor first, in Sender from, ushort version)
    {
        if (_plane.Chains.Current(new ChainId(first.Destination)) is not { } chain)
        {
            Drop(run, from, DropReason.UnknownDestination);
            return;
        }

        if (from.Instance is { } sender && !_plane.Policy.MaySetFlows(sender.Service.Id))
        {
            Veto(run, from, sender, version);
            return;
        }

        first.Chain = chain.Slot;
        first.Hop = BeforeFirst;
        first.Action = PacketActionKind.Next;
        first.Destination = 0;
        first.DirectorVersion = version;
        foreach (ref PacketDescriptor descriptor in run)
            descriptor.Steering = first.Steering;
        Follow(run, first, from, version);
    }

    private void SendToPort(Span<PacketDescriptor> run, PacketDescriptor first, in Sender from, ushort version)
    {
        PortId port = new(first.Destination);
        if (_plane.FindPort(port) is not { TransmitQueues: > 0 })
            Drop(run, from, DropReason.UnknownDestination);
        else if (from.Instance is { } sender && !_plane.Policy.MaySend(sender.Service.Id, port))
            Veto(run, from, sender, version);
        else
            Transmit(run, port, from);
    }

    private void Veto(Span<PacketDescriptor> run, in Sender from, NfInstance sender, ushort version)
    {
        Interlocked.Add(ref sender.VetoedActions, run.Length);
        Interlocked.Add(ref _plane.VetoedActions, run.Length);
        if (_plane.Policy.Vetoed == VetoAction.Drop)
        {
            Drop(run, from, DropReason.Vetoed);
            return;
        }

        foreach (ref PacketDescriptor descriptor in run)
        {
            descriptor.Action = PacketActionKind.Next;
            descriptor.Destination = 0;
        }

        Route(run, from, version);
    }
}
