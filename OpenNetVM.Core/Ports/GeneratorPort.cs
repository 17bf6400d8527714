using OpenNetVM.Core.Headers;
using OpenNetVM.Core.Memory;
using OpenNetVM.Core.Packets;

namespace OpenNetVM.Core.Ports;

/// <summary>
/// A source of synthetic traffic and a sink for what comes back. Generates UDP and TCP over IPv4 and IPv6 with valid checksums, of chosen sizes,
/// flows and rate, the same for the same seed. Each queue is used by one thread at a time; different queues may be used at once.
/// </summary>
/// <remarks>
/// <para>Sizes are frame bytes in memory, without FCS: the "64-byte packets" of the literature are 60 bytes here if their FCS is counted,
/// 64 (the default) if it is not.</para>
/// <para>Without a rate the port waits for whoever polls it, and loses nothing. With a rate it behaves as a NIC does: packets come when they
/// come, a limited number waits for a poll, the rest is lost and counted.</para>
/// <para>A payload is the bytes 0, 1, 2... repeated. Flow i of a seed has the same five-tuple whatever the sizes and the rate.</para>
/// </remarks>
public sealed class GeneratorPort : IPort
{
    private readonly GeneratorPortOptions _options;
    private readonly PortLife _life;
    private readonly GeneratorQueue[] _queues;
    private readonly PortCounters _counters;
    private readonly byte[] _pattern;

    /// <summary>Makes the port and its flows (24 bytes each, and 8 more where they are not evenly distributed).</summary>
    /// <param name="options">What to generate; null for 64-byte UDP packets of 1,024 flows, as fast as they are taken.</param>
    /// <exception cref="ArgumentException">An option is out of range, or the smallest size is too small for a protocol asked for.</exception>
    public GeneratorPort(GeneratorPortOptions? options = null)
    {
        _options = options ?? new GeneratorPortOptions();
        _options.Validate();
        _life = new PortLife(_options.Name);
        _counters = new PortCounters(_options.ReceiveQueues, _options.TransmitQueues);
        _queues = new GeneratorQueue[_options.ReceiveQueues];
        _pattern = new byte[_options.VerifyPayload ? FrameSizes.LargestAllowed + 256 : 0];
        for (int i = 0; i < _pattern.Length; i++)
            _pattern[i] = FrameTemplate.PatternAt(i);

        int least = FrameTemplate.SmallestOf(_options.Ipv6Share > 0, _options.TcpShare > 0);
        if (_options.Sizes.Smallest < least)
            throw new ArgumentException($"The smallest frame asked for has {_options.Sizes.Smallest} bytes, but {(_options.TcpShare > 0 ? "TCP" : "UDP")} over {(_options.Ipv6Share > 0 ? "IPv6" : "IPv4")} needs {least}. Choose other sizes or shares.", nameof(options));

        GeneratedFlows flows = new(_options);
        double rate = _options.PacketsPerSecond ?? _options.BitsPerSecond / (8 * _options.Sizes.Mean) ?? 0;
        int last = Array.FindLastIndex(flows.Queues, static queue => queue.Flows.Length > 0);
        double share = 0;
        long given = 0;
        for (int i = 0; i < _queues.Length; i++)
        {
            // Running sums are rounded, not the parts, so that the parts add up to the whole.
            share += flows.Queues[i].Share;
            long upTo = _options.PacketCount is not { } count ? long.MaxValue : i >= last ? count : (long)(count * Math.Min(1, share));
            long part = _options.PacketCount is null ? long.MaxValue : upTo - given;
            given = upTo;
            _queues[i] = new GeneratorQueue(i, flows, _options, rate, part);
        }

        Info = new PortInfo
        {
            Name = _options.Name,
            ReceiveQueues = _options.ReceiveQueues,
            TransmitQueues = _options.TransmitQueues,
            ProvidesRssHash = _options.ProvideRssHash,
            CanWait = rate == 0,
        };
    }

    /// <inheritdoc/>
    public PortInfo Info { get; }

    /// <inheritdoc/>
    public PortStatus Status => _life.Status(Array.TrueForAll(_queues, static queue => queue.HasEnded), error: null);

    /// <summary>
    /// Transmitted frames whose payload was not the generated pattern, or that had no UDP or TCP payload that could be found. Counted only with
    /// <see cref="GeneratorPortOptions.VerifyPayload"/>. Safe from any thread.
    /// </summary>
    public long CorruptPayloads => _counters.Flagged;

    /// <summary>One frame as the port would generate it: the first flow's, at the smallest size. For <see cref="NullPortOptions.Frame"/> and tests.</summary>
    /// <param name="options">What to generate; null for the defaults.</param>
    public static byte[] CreateFrame(GeneratorPortOptions? options = null)
    {
        options = (options ?? new GeneratorPortOptions()) with { Flows = 1, ReceiveQueues = 1, PacketCount = null, PacketsPerSecond = null, BitsPerSecond = null };
        options = options with { Sizes = FrameSizes.Fixed(options.Sizes.Smallest) };
        using PacketPool pool = new(new PacketPoolOptions { Capacity = 1, BufferSize = Math.Max(64, options.Sizes.Largest) });
        using GeneratorPort port = new(options);
        port.Start(new PortContext(new PortId(0), pool));
        Span<PacketDescriptor> burst = stackalloc PacketDescriptor[1];
        port.Receive(0, burst, pool.CreateCache());
        return pool.Open(ref burst[0]).Data.ToArray();
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The port was started before, or its largest frames do not fit the pool's buffers.</exception>
    public void Start(PortContext context) => _life.Start(context, running =>
    {
        if (_options.Sizes.Largest > running.Pool.BufferSize)
            throw new InvalidOperationException($"Port '{Info.Name}' generates frames of up to {_options.Sizes.Largest} bytes, but the pool's buffers hold {running.Pool.BufferSize}: use a larger PacketPoolOptions.BufferSize or smaller sizes.");
    });

    /// <inheritdoc/>
    public int Receive(int queue, Span<PacketDescriptor> burst, PoolCache cache)
    {
        ref PortQueueCounters counters = ref _counters.Receive(queue);
        ArgumentNullException.ThrowIfNull(cache);
        if (_life.Running is not { } context)
            return 0;

        // One reading of the clock serves the rate and the time stamps of the whole burst.
        bool needsClock = _options.StampTime || !Info.CanWait;
        long elapsed = needsClock ? _life.Clock.Elapsed : 0;
        long timestamp = _options.StampTime ? _life.Clock.ToUnix(elapsed) : 0;
        return _queues[queue].Receive(burst, cache, context.Id, elapsed, timestamp, ref counters);
    }

    /// <summary>Counts and frees packets, and checks their payload where that is asked for.</summary>
    /// <inheritdoc/>
    public int Transmit(int queue, ReadOnlySpan<PacketDescriptor> burst, PoolCache cache)
    {
        ref PortQueueCounters counters = ref _counters.Transmit(queue);
        ArgumentNullException.ThrowIfNull(cache);
        if (_life.Running is null)
            return 0;
        if (_options.VerifyPayload)
            PortQueueCounters.Raise(ref counters.Flagged, CountCorrupt(cache.Pool, burst));
        PortSink.Swallow(burst, cache, ref counters);
        return burst.Length;
    }

    /// <inheritdoc/>
    public void Stop() => _life.Stop();

    /// <inheritdoc/>
    public PortStatistics GetStatistics() => _counters.Sum();

    /// <inheritdoc/>
    public void Dispose() => Stop();

    private int CountCorrupt(PacketPool pool, ReadOnlySpan<PacketDescriptor> burst)
    {
        int corrupt = 0;
        foreach (PacketDescriptor descriptor in burst)
        {
            PacketDescriptor copy = descriptor;
            ReadOnlySpan<byte> frame = pool.Open(ref copy).Data;
            FlowKeyReader.Parse(frame, out PacketLayers layers);
            ReadOnlySpan<byte> payload = layers.Payload(frame);
            bool isWhole = layers.PayloadOffset > 0 && payload.Length <= _pattern.Length && payload.SequenceEqual(_pattern.AsSpan(0, payload.Length));
            corrupt += isWhole ? 0 : 1;
        }

        return corrupt;
    }
}
