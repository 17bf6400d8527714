using OpenNetVM.Core.Flows;
using OpenNetVM.Core.Memory;
using OpenNetVM.Core.Packets;

namespace OpenNetVM.Core.Ports;

/// <summary>
/// A port with nothing behind it, for benchmarks and tests: receives nothing, or the same frame without end, and swallows what is
/// transmitted. Each queue is used by one thread at a time; different queues may be used at once.
/// </summary>
/// <remarks>Every received packet is a buffer with a copy of the frame, as from a NIC; it carries the frame's RSS hash and no time stamp.</remarks>
public sealed unsafe class NullPort : IPort
{
    private readonly PortLife _life;
    private readonly byte[] _frame;
    private readonly uint _hash;
    private readonly PortCounters _counters;

    /// <summary>Makes the port.</summary>
    /// <param name="options">What it is; null for a port of one queue each way that receives nothing.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of range.</exception>
    public NullPort(NullPortOptions? options = null)
    {
        options ??= new NullPortOptions();
        PortLife.CheckQueueCounts(options.ReceiveQueues, options.TransmitQueues);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.Frame.Length, ushort.MaxValue, nameof(options.Frame));
        _life = new PortLife(options.Name);
        _frame = options.Frame.ToArray();
        _hash = RssHash.Of(_frame);
        _counters = new PortCounters(options.ReceiveQueues, options.TransmitQueues);
        Info = new PortInfo
        {
            Name = options.Name,
            ReceiveQueues = options.ReceiveQueues,
            TransmitQueues = options.TransmitQueues,
            ProvidesRssHash = true,
            CanWait = true,
        };
    }

    /// <inheritdoc/>
    public PortInfo Info { get; }

    /// <inheritdoc/>
    public PortStatus Status => _life.Status(ended: false, error: null);

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The port was started before, or its frame does not fit the pool's buffers.</exception>
    public void Start(PortContext context) => _life.Start(context, running =>
    {
        if (_frame.Length > running.Pool.BufferSize)
            throw new InvalidOperationException($"Port '{Info.Name}' supplies frames of {_frame.Length} bytes, but the pool's buffers hold {running.Pool.BufferSize}: use a larger PacketPoolOptions.BufferSize.");
    });

    /// <inheritdoc/>
    public int Receive(int queue, Span<PacketDescriptor> burst, PoolCache cache)
    {
        ref PortQueueCounters counters = ref _counters.Receive(queue);
        ArgumentNullException.ThrowIfNull(cache);
        if (_frame.Length == 0 || _life.Running is not { } context)
            return 0;

        PacketPool pool = context.Pool;
        int count = cache.Allocate(burst, FrameCopy.HeaderWord(pool.Headroom, _frame.Length, context.Id), _hash);
        fixed (byte* frame = _frame)
            FrameCopy.Fill(burst[..count], frame, (byte*)(pool.HeaderOf(0) + 1) + pool.Headroom, pool.Stride, _frame.Length);

        counters.Add(count, (long)count * _frame.Length);
        return count;
    }

    /// <inheritdoc/>
    public int Transmit(int queue, ReadOnlySpan<PacketDescriptor> burst, PoolCache cache)
    {
        ref PortQueueCounters counters = ref _counters.Transmit(queue);
        ArgumentNullException.ThrowIfNull(cache);
        if (_life.Running is null)
            return 0;
        PortSink.Swallow(burst, cache, ref counters);
        return burst.Length;
    }

    /// <inheritdoc/>
    public void Stop() => _life.Stop();

    /// <inheritdoc/>
    public PortStatistics GetStatistics() => _counters.Sum();

    /// <inheritdoc/>
    public void Dispose() => Stop();
}
