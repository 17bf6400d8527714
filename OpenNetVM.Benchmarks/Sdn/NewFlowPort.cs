using System.Diagnostics;
using OpenNetVM.Core.Memory;
using OpenNetVM.Core.Packets;
using OpenNetVM.Core.Ports;

namespace OpenNetVM.Benchmarks.Sdn;

/// <summary>
/// Each of its packets is the first one of a flow. So many a second come, and never more than a number of flows that have not arrived anywhere yet. One queue, used by one thread; rate,
/// window and counts can be used by any.
/// </summary>
internal sealed class NewFlowPort : IPort
{
    /// <summary>Flows of which it is remembered when they came.</summary>
    internal const int Remembered = 1 << 20;

    private static readonly byte[] Template = FlowNumbers.Frame(fromServer: false);

    private readonly long[] _sentAt = new long[Remembered];
    private readonly Func<long> _arrived;
    private double _perSecond;
    private bool _isOneFlow;
    private long _sent;
    private long _transmitted;
    private double _due;
    private long _last = Stopwatch.GetTimestamp();
    private PortContext? _context;
    private volatile PortState _state = PortState.Created;

    /// <param name="arrived">How many flows have arrived where they should.</param>
    internal NewFlowPort(Func<long> arrived) => _arrived = arrived;

    /// <inheritdoc/>
    public PortInfo Info { get; } = new() { Name = "clients" };

    /// <inheritdoc/>
    public PortStatus Status => new(_state);

    /// <summary>New flows a second; 0 for none.</summary>
    internal double PerSecond
    {
        get => Volatile.Read(ref _perSecond);
        set => Volatile.Write(ref _perSecond, value);
    }

    /// <summary>Whether all packets are of one flow instead, the first of all.</summary>
    internal bool IsOneFlow
    {
        get => Volatile.Read(ref _isOneFlow);
        set => Volatile.Write(ref _isOneFlow, value);
    }

    /// <summary>Most flows that have been sent and have not arrived.</summary>
    internal int Window { get; set; } = 256;

    /// <summary>Flows so far.</summary>
    internal long Sent => Volatile.Read(ref _sent);

    /// <summary>When a flow's packet came, as a timestamp of the stopwatch.</summary>
    internal long SentAt(long flow) => _sentAt[flow % Remembered];

    /// <inheritdoc/>
    public void Start(PortContext context)
    {
        _context = context;
        _state = PortState.Running;
    }

    /// <inheritdoc/>
    public int Receive(int queue, Span<PacketDescriptor> burst, PoolCache cache)
    {
        long now = Stopwatch.GetTimestamp();
        // Nothing is made up for after a pause but one burst.
        _due = Math.Min(burst.Length, _due + (PerSecond * (now - _last) / Stopwatch.Frequency));
        _last = now;
        int count = (int)Math.Min(_due, Window - (_sent - _arrived()));
        if (count <= 0 || _state != PortState.Running)
            return 0;
        count = cache.Allocate(burst[..count]);
        bool oneFlow = IsOneFlow;
        for (int i = 0; i < count; i++)
        {
            Packet packet = cache.Pool.Open(ref burst[i]);
            packet.TryAppend(Template.Length, out Span<byte> data);
            Template.CopyTo(data);
            FlowNumbers.Write(data, oneFlow ? 0 : (int)(_sent + i));
            packet.IngressPort = _context!.Id;
            _sentAt[(_sent + i) % Remembered] = now;
        }

        _due -= count;
        Volatile.Write(ref _sent, _sent + count);
        return count;
    }

    /// <inheritdoc/>
    public int Transmit(int queue, ReadOnlySpan<PacketDescriptor> burst, PoolCache cache)
    {
        Volatile.Write(ref _transmitted, _transmitted + burst.Length);
        cache.Free(burst);
        return burst.Length;
    }

    /// <inheritdoc/>
    public void Stop() => _state = PortState.Stopped;

    /// <inheritdoc/>
    public PortStatistics GetStatistics() => new() { ReceivedPackets = Sent, TransmittedPackets = Volatile.Read(ref _transmitted) };

    /// <inheritdoc/>
    public void Dispose() => Stop();
}
