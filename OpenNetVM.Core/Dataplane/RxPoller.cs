using OpenNetVM.Core.Chains;
using OpenNetVM.Core.Packets;
using OpenNetVM.Core.Ports;

namespace OpenNetVM.Core.Dataplane;

/// <summary>
/// Takes packets from one receive queue of one port and sends them on their way (paper, "RX thread"). Belongs to one worker.
/// </summary>
internal sealed class RxPoller : IPollable
{
    private readonly DataplaneState _plane;
    private readonly ChainExecutor _executor;
    private readonly PortEntry _port;
    private readonly int _queue;
    private readonly BurstBuffer _burst;
    private readonly int _burstSize;
    private readonly long _lookAgain;
    private long _credit;

    internal RxPoller(DataplaneState plane, ChainExecutor executor, PortEntry port, int queue)
    {
        _plane = plane;
        _executor = executor;
        _port = port;
        _queue = queue;
        _burstSize = plane.BurstSize;
        _burst = new BurstBuffer(_burstSize);
        _lookAgain = plane.Time.TimestampFrequency / 1_000;
        Name = $"RX {port.Info.Name} queue {queue}";
    }

    public string Name { get; }

    /// <summary>False makes the poller leave its queue alone: what has arrived at the platform is then worked off and nothing comes after it.</summary>
    internal bool Enabled { get; set; } = true;

    internal bool Serves(PortEntry port) => port == _port;

    internal bool Serves(PortEntry port, int queue) => port == _port && queue == _queue;

    public int Poll()
    {
        if (!Enabled)
            return 0;
        int most = _burstSize;
        if (_port.Info.CanWait && (most = Math.Min(most, Credit())) == 0)
            return IPollable.Blocked;

        Span<PacketDescriptor> burst = _burst.Span[..most];
        int count = Math.Clamp(_port.Port.Receive(_queue, burst, _executor.Cache), 0, most);
        if (count == 0)
        {
            if (!_port.Info.NotifiesReceivable)
                _executor.Worker.ScheduleWakeup(_executor.Worker.Now + _lookAgain);
            return 0;
        }

        _credit -= count;
        _executor.Admit(burst[..count], _port);
        _executor.Flush();
        return count;
    }

    // A source that loses nothing by waiting is let in only as far as its packets find room on every way. Counting what is under way
    // reads other workers' counters, so what was granted is used up first.
    private int Credit()
    {
        if (_plane.Services.Congestion.Any)
            return 0;
        if (_credit < _burstSize)
        {
            long free = _plane.Window - (_plane.PacketsUnderWay - Volatile.Read(ref _plane.PacketsElsewhere));
            _credit = free <= 0 ? 0 : Math.Max(1, free / _plane.WaitingSources);
        }

        return (int)Math.Min(_credit, _burstSize);
    }
}
