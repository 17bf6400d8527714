using System.Diagnostics;
using OpenNetVM.Core.Memory;
using OpenNetVM.Core.Packets;
using OpenNetVM.Core.Ports;

namespace OpenNetVM.Benchmarks.Sdn;

/// <summary>Where the flows of a <see cref="NewFlowPort"/> arrive, which it counts and notes the time of. It can send a packet of the server's, from which a controller learns where that is.</summary>
internal sealed class ArrivalPort : IPort
{
    private static readonly byte[] Announcement = FlowNumbers.Frame(fromServer: true);

    private readonly long[] _arrivedAt = new long[NewFlowPort.Remembered];
    private long _arrived;
    private long _transmitted;
    private long _announced;
    private int _announces;
    private PortContext? _context;
    private volatile PortState _state = PortState.Created;

    /// <inheritdoc/>
    public PortInfo Info { get; } = new() { Name = "server" };

    /// <inheritdoc/>
    public PortStatus Status => new(_state);

    /// <summary>Packets of its flows that came.</summary>
    internal long Arrived => Volatile.Read(ref _arrived);

    /// <summary>When a flow's packet came, as a timestamp of the stopwatch; 0 while it has not.</summary>
    internal long ArrivedAt(long flow) => Volatile.Read(ref _arrivedAt[flow % NewFlowPort.Remembered]);

    /// <summary>Sends a packet of the server's.</summary>
    internal void Announce() => Volatile.Write(ref _announces, 1);

    /// <inheritdoc/>
    public void Start(PortContext context)
    {
        _context = context;
        _state = PortState.Running;
    }

    /// <inheritdoc/>
    public int Receive(int queue, Span<PacketDescriptor> burst, PoolCache cache)
    {
        if (Volatile.Read(ref _announces) == 0 || cache.Allocate(burst[..1]) == 0)
            return 0;
        Volatile.Write(ref _announces, 0);
        Packet packet = cache.Pool.Open(ref burst[0]);
        packet.TrySetData(Announcement);
        packet.IngressPort = _context!.Id;
        _announced++;
        return 1;
    }

    /// <inheritdoc/>
    public int Transmit(int queue, ReadOnlySpan<PacketDescriptor> burst, PoolCache cache)
    {
        long now = Stopwatch.GetTimestamp();
        long arrived = _arrived;
        foreach (PacketDescriptor descriptor in burst)
        {
            PacketDescriptor own = descriptor;
            if (!FlowNumbers.TryRead(cache.Pool.Open(ref own).Data, out int flow))
                continue;
            _arrivedAt[flow % NewFlowPort.Remembered] = now;
            arrived++;
        }

        Volatile.Write(ref _arrived, arrived);
        Volatile.Write(ref _transmitted, _transmitted + burst.Length);
        cache.Free(burst);
        return burst.Length;
    }

    /// <inheritdoc/>
    public void Stop() => _state = PortState.Stopped;

    /// <inheritdoc/>
    public PortStatistics GetStatistics() => new() { ReceivedPackets = Volatile.Read(ref _announced), TransmittedPackets = Volatile.Read(ref _transmitted) };

    /// <inheritdoc/>
    public void Dispose() => Stop();
}
