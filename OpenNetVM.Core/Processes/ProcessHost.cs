using OpenNetVM.Core.Dataplane;
using OpenNetVM.Core.Memory;
using OpenNetVM.Core.NetworkFunctions;
using OpenNetVM.Core.Packets;
using OpenNetVM.Core.Processes.Control;
using OpenNetVM.Core.Processes.Interop;
using OpenNetVM.Core.Rings;

namespace OpenNetVM.Core.Processes;

/// <summary>
/// Runs one function in a process of its own, against one manager: takes bursts from the lanes in shared memory, lets the function handle them, and puts them on the transmit
/// ring. The thread that calls <see cref="Run"/> does everything but reading the connection.
/// </summary>
/// <remarks>The parts: the loop here, what the function asks for in <c>ProcessHost.Asks.cs</c>, the connection in <c>ProcessHost.Control.cs</c>.</remarks>
internal sealed unsafe partial class ProcessHost : NfHost, IDisposable
{
    private const int MailboxCapacity = 1_024;
    private const int RoundsPerClockRead = 4;

    private readonly ControlConnection _connection;
    private readonly NfProcessOptions _options;
    private readonly NetworkFunction _function;
    private readonly WelcomeMessage _welcome;
    private readonly InstanceMemory _memory;
    private readonly InstanceBlock* _block;
    private readonly EventFd? _bell;
    private readonly bool _ringsBell;
    private readonly NfMailbox _mailbox = new(MailboxCapacity);
    private readonly BurstBuffer _burst;
    private readonly Queue<PacketDescriptor> _toDrop = new();
    private NfContext _context = null!;
    private long _now;
    private long _wakeup;
    private int _roundsToClock;
    private int _firstLane;
    private int _reserved;
    private bool _waitedForBuffers;

    /// <exception cref="InvalidDataException">What the manager says of its memory makes no sense.</exception>
    internal ProcessHost(ControlConnection connection, NfProcessOptions options, NetworkFunction function)
    {
        _connection = connection;
        _options = options;
        _function = function;
        _welcome = connection.Welcome;
        InstanceShape shape = new(_welcome.Lanes, _welcome.RingCapacity, _welcome.GrantCapacity);
        shape.Validate(_welcome.RingRegionLength);
        PacketPoolOptions pool = new()
        {
            Capacity = (int)_welcome.Buffers,
            BufferSize = _welcome.BufferSize,
            Headroom = _welcome.Headroom,
        };
        if (pool.Stride != _welcome.Stride || _welcome.BurstSize is < 1 or > 256)
            throw new InvalidDataException($"The manager's buffers of {_welcome.BufferSize} bytes lie {_welcome.Stride} bytes apart and not {pool.Stride}, or its bursts have {_welcome.BurstSize} packets: use the same version of OpenNetVM.Core on both sides.");
        Pool = new PacketPool(pool, PoolLayout.Attach(connection.PacketRegion, _welcome.Domain, pool, _welcome.FirstBuffer), null);
        _memory = InstanceMemory.Attach(connection.RingRegion, shape);
        _block = _memory.Block;
        _ringsBell = _block->ManagerNeverSleeps == 0;
        _block->FunctionNeverSleeps = options.Idle.CanSleep ? 0u : 1u;
        _bell = connection.Doorbell is { } doorbell ? EventFd.FromHandle(doorbell) : null;
        _burst = new BurstBuffer(_welcome.BurstSize);
        _flows = new RemoteFlowControl(this);
        _services = new RemoteServiceDirectory(this);
    }

    /// <summary>Runs the function until it is to stop, or the manager is gone.</summary>
    /// <param name="context">The function's context: null at first, then the same for every manager.</param>
    /// <param name="cancellation">Makes the function leave.</param>
    internal NfProcessExit Run(ref NfContext? context, CancellationToken cancellation)
    {
        ReadClock();
        try
        {
            using CancellationTokenRegistration wakes = cancellation.UnsafeRegister(static host => ((ProcessHost)host!).WakeSelf(), this);
            Listen();
            Begin(ref context);
            _connection.Channel.TrySend(ControlMessageType.Ready, 0, default(EmptyMessage));
            NfProcessExit exit = Loop(cancellation);
            if (exit == NfProcessExit.ManagerLost)
                return exit;
            _function.Stop(_context.Logger);
            while (SendDropped() > 0 || (_toDrop.Count > 0 && !IsClosed))
                Thread.Yield();
            _connection.Channel.TrySend(ControlMessageType.Stopped, 0, default(EmptyMessage));
            return exit;
        }
        catch (Exception exception)
        {
            // What is said last goes out before the connection is closed.
            _connection.Channel.TrySend(ControlMessageType.Fault, 0, Describe(exception));
            throw;
        }
    }

    public void Dispose()
    {
        // Nobody else looks at the memory once the connection has ended.
        _connection.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _closing.GetAwaiter().GetResult();
        _bell?.Dispose();
        _memory.Dispose();
        Pool.Dispose();
    }

    private void Begin(ref NfContext? context)
    {
        if (context is null)
        {
            context = new NfContext(this);
            _context = context;
            _function.Attach(context);
            _function.Start();
            return;
        }

        _context = context;
        context.Rebind(this);
        _function.ManagerChanged();
    }

    private NfProcessExit Loop(CancellationToken cancellation)
    {
        int idle = 0;
        while (true)
        {
            if (--_roundsToClock <= 0)
                ReadClock();
            _wakeup = long.MaxValue;
            int work = Round();
            if (IsClosed)
                return NfProcessExit.ManagerLost;
            if (work > 0)
            {
                idle = 0;
                continue;
            }

            if (cancellation.IsCancellationRequested)
                return NfProcessExit.Cancelled;
            if (_isToStop && IsDone)
                return NfProcessExit.Stopped;
            _roundsToClock = 0;
            Rest(++idle);
        }
    }

    private int Round()
    {
        _waitedForBuffers = false;
        int work = _mailbox.HasMessages ? TakeMessages() : 0;
        if (_context.Timers.NextDue <= _now)
            work += _context.Timers.Run(_now);
        else if (_context.Timers.NextDue != long.MaxValue)
            ScheduleWakeup(_context.Timers.NextDue);
        if (!_isPaused)
            work += HandlePackets();
        if (_toDrop.Count > 0)
            work += SendDropped();
        return work;
    }

    private int TakeMessages()
    {
        int taken = 0;
        while (taken < _welcome.BurstSize && _mailbox.TryTake(out NfMessage message))
        {
            taken++;
            _function.Deliver(message);
        }

        return taken;
    }

    private int HandlePackets()
    {
        SpscRing<PacketDescriptor>[] lanes = _memory.Lanes;
        int handled = 0;
        for (int i = 0; i < lanes.Length; i++)
        {
            // Another lane first each time, so that a full transmit ring does not always cost the same one.
            _firstLane = _firstLane + 1 < lanes.Length ? _firstLane + 1 : 0;
            int room = Math.Min(_memory.Transmit.FreeFor(_welcome.BurstSize), _welcome.BurstSize);

            // Taken before they are handled: what a process has in hand when it dies is known to be lost with it, and nobody handles it twice.
            int count = lanes[_firstLane].TryDequeue(_burst.Span[..room]);
            if (count == 0)
                continue;
            handled += count;
            Pool.Prefetch(_burst.Span[..count]);
            Handle(_burst.Span[..count]);
        }

        return handled;
    }

    private void Handle(Span<PacketDescriptor> burst)
    {
        _reserved = burst.Length;
        _context.HeldOfBurst = 0;
        _function.CurrentPacket = -1;
        _inHand = burst.Length;
        _function.Handle(new PacketBatch(Pool, burst));
        _inHand = 0;
        _reserved = 0;

        // There is room for all of them: it was looked for before the function was called, and kept.
        TransmitRing.Put(_memory.Transmit, burst, _context.HeldOfBurst > 0);
        RingIfWanted();
    }

    // What was put on the ring must be visible before the wish is read: who wishes sets the word, then looks once more.
    private void RingIfWanted()
    {
        // The fence waits until the other core has given up the ring's lines: it is left out where nobody sleeps.
        if (!_ringsBell)
            return;
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _block->BellWanted) != 0)
            _bell?.Ring();
    }

    private int SendDropped()
    {
        int sent = 0;
        while (_toDrop.TryPeek(out PacketDescriptor descriptor) && TryTransmit(descriptor))
        {
            _toDrop.Dequeue();
            sent++;
        }

        return sent;
    }

    private bool IsDone => _toDrop.Count == 0 && !HasPackets;

    private bool HasPackets
    {
        get
        {
            foreach (SpscRing<PacketDescriptor> lane in _memory.Lanes)
            {
                if (!lane.IsEmpty)
                    return true;
            }

            return false;
        }
    }

    private void ReadClock()
    {
        _roundsToClock = RoundsPerClockRead;
        _now = _options.Time.GetTimestamp();
    }

    private void Rest(int idleRounds)
    {
        IdleStep step = _options.Idle.Next(idleRounds);
        if (step.Kind == IdleStepKind.Sleep)
            Sleep(step.Amount);
        else
            step.Pause();
    }

    // The word says that the function sleeps before it looks once more; who brings something publishes it before it looks at the word. Both with a
    // full fence between, so one of them sees the other. The kernel looks at the word once more itself.
    private void Sleep(int milliseconds)
    {
        if (_wakeup != long.MaxValue)
            milliseconds = (int)Math.Clamp(Math.Ceiling(((double)_wakeup - _now) * 1000 / _options.Time.TimestampFrequency), 0, milliseconds);
        Volatile.Write(ref _block->Waiting, 1);
        Interlocked.MemoryBarrier();
        if (milliseconds > 0 && !_mailbox.HasMessages && !IsClosed && !(_isToStop && IsDone) && (_isPaused || !HasPackets))
            Futex.Wait(&_block->Waiting, 1, milliseconds);
        Volatile.Write(ref _block->Waiting, 0);
    }

    // Any thread, after it has changed what the loop looks at.
    private void WakeSelf()
    {
        Interlocked.MemoryBarrier();
        if (Interlocked.Exchange(ref _block->Waiting, 0) != 0)
            Futex.Wake(&_block->Waiting, 1);
    }
}
