using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Diagnostics;
using OpenNetVM.Core.Memory;
using OpenNetVM.Core.Packets;
using OpenNetVM.Core.Ports;
using OpenNetVM.Core.Services;

namespace OpenNetVM.Benchmarks.Experiments.Paper;

/// <summary>Swallows packets, and remembers when the first one of each instance came that writes its id into them. One transmit queue, used by one thread; what it remembers can be read by any.</summary>
internal sealed class WitnessPort : IPort
{
    private readonly NullPort _port = new();
    private readonly ConcurrentDictionary<InstanceId, long> _first = new();
    private InstanceId _last;

    /// <inheritdoc/>
    public PortInfo Info => _port.Info;

    /// <inheritdoc/>
    public PortStatus Status => _port.Status;

    /// <summary>When an instance's first packet came, as a timestamp of the stopwatch; null while none has.</summary>
    internal long? FirstOf(InstanceId instance) => _first.TryGetValue(instance, out long timestamp) ? timestamp : null;

    /// <inheritdoc/>
    public void Start(PortContext context) => _port.Start(context);

    /// <inheritdoc/>
    public int Receive(int queue, Span<PacketDescriptor> burst, PoolCache cache) => 0;

    /// <inheritdoc/>
    public int Transmit(int queue, ReadOnlySpan<PacketDescriptor> burst, PoolCache cache)
    {
        foreach (PacketDescriptor descriptor in burst)
        {
            PacketDescriptor own = descriptor;
            InstanceId instance = new(BinaryPrimitives.ReadUInt16LittleEndian(cache.Pool.Open(ref own).UserArea));
            if (instance == _last)
                continue;
            _last = instance;
            _first.TryAdd(instance, Stopwatch.GetTimestamp());
        }

        return _port.Transmit(queue, burst, cache);
    }

    /// <inheritdoc/>
    public void Stop() => _port.Stop();

    /// <inheritdoc/>
    public PortStatistics GetStatistics() => _port.GetStatistics();

    /// <inheritdoc/>
    public void Dispose() => _port.Dispose();
}
