using OpenNetVM.Core.Chains;
using OpenNetVM.Core.Dataplane;
using OpenNetVM.Core.Packets;
using OpenNetVM.Core.Services;

namespace OpenNetVM.Core.NetworkFunctions;

/// <summary>
/// Runs one instance: takes bursts from its receive lanes, lets the function handle them in place, and puts them on its transmit ring. Belongs to
/// one worker; what changes its state is called on that worker's thread, or while it has none.
/// </summary>
internal sealed partial class NfRunner : InstanceRunner
{
    private readonly DataplaneState _plane;
    private readonly NfInstance _instance;
    private readonly Func<NetworkFunction> _factory;
    private NetworkFunction? _function;
    private NfContext _context;
    private int _firstLane;
    private int _reserved;
    private bool _transmitted;
    private bool _routed;
    private long _createdBefore;
    private long _handledPackets;

    internal NfRunner(DataplaneState plane, ChainExecutor executor, TxPoller transmitter, NfInstance instance, Func<NetworkFunction> factory, RestartPolicy restart, int mailboxCapacity)
        : base(instance, transmitter)
    {
        _plane = plane;
        Executor = executor;
        _instance = instance;
        _factory = factory;
        _restart = restart;
        Mailbox = new NfMailbox(mailboxCapacity);
        _fused = plane.FusedHops && transmitter.Worker == executor.Worker;
        _context = new NfContext(new LocalNfHost(plane, this, instance));
        Name = $"NF {instance.Service.Name} {instance.Id.Value}";
    }

    public override string Name { get; }

    /// <summary>The worker's executor: for dropping and rerouting what the function cannot handle.</summary>
    internal ChainExecutor Executor { get; }

    internal override Worker Worker => Executor.Worker;

    private NfMailbox Mailbox { get; }

    internal override long HandledPackets => Volatile.Read(ref _handledPackets);

    internal override int HeldPackets => _context.HeldPackets;

    internal override long CreatedPackets => _createdBefore + _context.CreatedPackets;

    public override int Poll()
    {
        int work = _instance.State switch
        {
            InstanceState.Running => Work(),
            InstanceState.Draining => Drain(),
            InstanceState.Faulted => Recover(),
            _ => 0,
        };
        if (_routed)
        {
            _routed = false;
            Executor.Flush();
        }

        if (_transmitted && Transmitter.Worker == Worker)
            SendOn();
        else if (_transmitted)
            WakeTransmitter();
        return work;
    }

    /// <summary>Puts one packet of the function's own on the transmit ring, but for the places that the burst being handled needs.</summary>
    internal bool TryTransmit(in PacketDescriptor descriptor)
    {
        if (!TransmitRing.TryPut(_instance.Transmit, descriptor, _reserved))
            return false;
        _transmitted = true;
        return true;
    }

    internal override bool TryPost(in NfMessage message)
    {
        if (_instance.State == InstanceState.Stopped || !Mailbox.TryPost(message))
            return false;
        Interlocked.MemoryBarrier();
        Worker.Wake();
        return true;
    }

    // The state says it: a paused instance is not worked for.
    internal override void SetPaused(bool paused) => Worker.Wake();

    private int Work()
    {
        int work = 0;
        if (Mailbox.HasMessages)
            work += TakeMessages();
        if (_context.Timers.NextDue != long.MaxValue)
            work += RunTimers();
        return _instance.State is InstanceState.Faulted ? work : Total(work, HandlePackets());
    }

    private static int Total(int work, int packets) => packets < 0 ? (work > 0 ? work : packets) : work + packets;

    private int HandlePackets()
    {
        InstanceLane?[] lanes = _instance.Lanes;
        int handled = 0;
        // Packets come past the rings once these are empty: twice as many are taken as can have come meanwhile.
        for (int i = 0; i < lanes.Length || (_fused && handled > 0 && i < 2 * lanes.Length); i++)
        {
            // Another lane first each time, so that a full transmit ring does not always cost the same one.
            _firstLane = _firstLane + 1 < lanes.Length ? _firstLane + 1 : 0;
            if (lanes[_firstLane] is not { } lane)
                continue;
            Span<PacketDescriptor> burst = lane.Ring.Peek(_plane.BurstSize);
            if (burst.IsEmpty)
                continue;

            // Only as many as can be passed on: the rest waits, and is shed where it comes from if it waits too long.
            int room = _instance.Transmit.FreeFor(burst.Length);
            if (room < burst.Length)
            {
                if (room == 0)
                    return handled > 0 ? handled : IPollable.Blocked;
                burst = burst[..room];
            }

            // A burst at which the function faulted is work done, too: what came of it is on its way.
            handled += burst.Length;
            if (!Handle(lane, burst))
                return handled;
        }

        if (_instance.IsCongested && IsHalfEmpty(lanes))
            _instance.ClearCongested();
        return handled;
    }

    private bool Handle(InstanceLane lane, Span<PacketDescriptor> burst)
    {
        if (Call(burst) is { } exception)
        {
            FaultInBurst(exception, burst);
            lane.Ring.Advance(burst.Length);
            Executor.Flush();
            return false;
        }

        Volatile.Write(ref _handledPackets, _handledPackets + burst.Length);
        if (_fused && _context.HeldOfBurst == 0 && _instance.Transmit.IsEmpty)
        {
            Executor.Route(burst, _instance);
            _routed = true;
        }
        else
        {
            Emit(burst);
        }

        lane.Ring.Advance(burst.Length);
        return true;
    }

    // Calls the function, and returns what it throws.
    private Exception? Call(Span<PacketDescriptor> burst)
    {
        NetworkFunction function = _function!;
        _reserved = burst.Length;
        _context.HeldOfBurst = 0;
        function.CurrentPacket = -1;
        try
        {
            function.Handle(new PacketBatch(_plane.Pool, burst));
            return null;
        }
        catch (Exception exception)
        {
            return exception;
        }
        finally
        {
            _reserved = 0;
        }
    }

    // There is room for all of them: it was looked for before the function was called, and kept.
    private void Emit(ReadOnlySpan<PacketDescriptor> burst)
    {
        TransmitRing.Put(_instance.Transmit, burst, _context.HeldOfBurst > 0);
        _transmitted = true;
    }

    /// <summary>Whether no lane is more than half full.</summary>
    internal static bool IsHalfEmpty(InstanceLane?[] lanes)
    {
        foreach (InstanceLane? lane in lanes)
        {
            if (lane is not null && lane.Ring.Count > lane.Ring.Capacity / 2)
                return false;
        }

        return true;
    }

    private int TakeMessages()
    {
        int taken = 0;
        try
        {
            while (taken < _plane.BurstSize && Mailbox.TryTake(out NfMessage message))
            {
                taken++;
                _function!.Deliver(message);
            }
        }
        catch (Exception exception)
        {
            Fault(exception, []);
        }

        return taken;
    }

    private int RunTimers()
    {
        if (_context.Timers.NextDue > Worker.Now)
        {
            Worker.ScheduleWakeup(_context.Timers.NextDue);
            return 0;
        }

        try
        {
            return _context.Timers.Run(Worker.Now);
        }
        catch (Exception exception)
        {
            Fault(exception, []);
            return 1;
        }
    }

    // The worker that ran the function sends on what came of it at once, while it is in the core's cache, not at its next round.
    private void SendOn()
    {
        _transmitted = false;
        Transmitter.Poll(_instance);
    }

    // What was put on the ring must be visible before the sleeping flag is read: the sleeper sets its flag, then looks once more.
    private void WakeTransmitter()
    {
        _transmitted = false;
        if (!Transmitter.Worker.CanSleep)
            return;
        Interlocked.MemoryBarrier();
        Transmitter.Worker.Wake();
    }
}
