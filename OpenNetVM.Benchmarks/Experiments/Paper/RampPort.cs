using System.Diagnostics;
using OpenNetVM.Core.Memory;
using OpenNetVM.Core.Packets;
using OpenNetVM.Core.Ports;

namespace OpenNetVM.Benchmarks.Experiments.Paper;

/// <summary>A generator whose rate can be changed while it runs. One receive queue, used by one thread; the rate may be set from any.</summary>
internal sealed class RampPort : IPort
{
    private readonly GeneratorPort _source;
    private readonly int _mostAtOnce;
    private double _packetsPerSecond;
    private double _due;
    private long _last = Stopwatch.GetTimestamp();

    /// <summary>Makes the port.</summary>
    /// <param name="options">What to generate; its own rate is not used.</param>
    /// <param name="mostAtOnce">How many packets may come at once after nobody has polled for a while. The others of that while never come; nothing is lost.</param>
    internal RampPort(GeneratorPortOptions options, int mostAtOnce)
    {
        _source = new GeneratorPort(options with { PacketsPerSecond = null, BitsPerSecond = null });
        _mostAtOnce = mostAtOnce;
    }

    /// <summary>Packets per second from now on; 0 for none.</summary>
    internal double PacketsPerSecond
    {
        get => Volatile.Read(ref _packetsPerSecond);
        set => Volatile.Write(ref _packetsPerSecond, value);
    }

    /// <inheritdoc/>
    public PortInfo Info => _source.Info;

    /// <inheritdoc/>
    public PortStatus Status => _source.Status;

    /// <inheritdoc/>
    public void Start(PortContext context) => _source.Start(context);

    /// <inheritdoc/>
    public int Receive(int queue, Span<PacketDescriptor> burst, PoolCache cache)
    {
        long now = Stopwatch.GetTimestamp();
        _due = Math.Min(_mostAtOnce, _due + (PacketsPerSecond * (now - _last) / Stopwatch.Frequency));
        _last = now;
        int count = Math.Min(burst.Length, (int)_due);
        if (count == 0)
            return 0;
        count = _source.Receive(queue, burst[..count], cache);
        _due -= count;
        return count;
    }

    /// <inheritdoc/>
    public int Transmit(int queue, ReadOnlySpan<PacketDescriptor> burst, PoolCache cache) => _source.Transmit(queue, burst, cache);

    /// <inheritdoc/>
    public void Stop() => _source.Stop();

    /// <inheritdoc/>
    public PortStatistics GetStatistics() => _source.GetStatistics();

    /// <inheritdoc/>
    public void Dispose() => _source.Dispose();
}
