using System.Diagnostics;
using OpenNetVM.Benchmarks.Experiments.Paper;
using OpenNetVM.Core.Dataplane;
using OpenNetVM.Core.Memory;
using OpenNetVM.Core.Packets;
using OpenNetVM.Core.Ports;
using OpenNetVM.Dpdk;
using OpenNetVM.Dpdk.Interop;

namespace OpenNetVM.Benchmarks.Experiments;

/// <summary>A port of DPDK that one thread polls: through the port, or past it by its driver's burst functions alone.</summary>
internal sealed unsafe class DpdkBursts : IDisposable
{
    private const int MostBurst = 256;
    private const int BurstsAtOnce = 1_000;

    private readonly PacketPool _pool;
    private readonly bool _ownsPool;
    private readonly DpdkPort _port;
    private readonly EthBursts _bursts;
    private readonly PoolCache _cache;
    private readonly PacketDescriptor[] _descriptors = new PacketDescriptor[MostBurst];

    /// <summary>Attaches the device and starts the port.</summary>
    /// <param name="device">DPDK's name of it.</param>
    /// <param name="arguments">The driver's.</param>
    /// <param name="pool">Where packets live, the caller's; null for a pool of its own.</param>
    internal DpdkBursts(string device, string arguments, PacketPool? pool = null)
    {
        _pool = pool ?? new PacketPool();
        _ownsPool = pool is null;
        _port = new DpdkPort(new DpdkPortOptions { Device = device, Arguments = arguments });
        _port.Start(new PortContext(new PortId(0), _pool));
        _cache = _pool.CreateCache();
        if (Rte.rte_eth_dev_get_port_by_name(device, out ushort id) != 0)
            throw new InvalidOperationException($"DPDK does not know device '{device}'.");
        _bursts = new EthBursts(Eal.Current!.Library, id);
    }

    /// <summary>A way of moving bursts: does many of a size, and returns how many packets that were.</summary>
    internal delegate long Move(int burst);

    /// <summary>The driver's receive function, and DPDK's function that frees.</summary>
    internal long RawReceive(int burst)
    {
        RteThread.EnsureKnown();
        nint* mbufs = stackalloc nint[MostBurst];
        long packets = 0;
        for (int i = 0; i < BurstsAtOnce; i++)
        {
            int received = _bursts.Receive(0, mbufs, burst);
            Rte.rte_pktmbuf_free_bulk(mbufs, (uint)received);
            packets += received;
        }

        return packets;
    }

    /// <summary>The driver's receive and transmit functions.</summary>
    internal long RawForward(int burst) => RawForward(burst, this);

    /// <summary>The driver's receive function, and the transmit function of another.</summary>
    internal long RawForward(int burst, DpdkBursts to)
    {
        RteThread.EnsureKnown();
        nint* mbufs = stackalloc nint[MostBurst];
        long packets = 0;
        for (int i = 0; i < BurstsAtOnce; i++)
        {
            int received = _bursts.Receive(0, mbufs, burst);
            int sent = to._bursts.Transmit(0, mbufs, received);
            if (sent < received)
                Rte.rte_pktmbuf_free_bulk(mbufs + sent, (uint)(received - sent));
            packets += sent;
        }

        return packets;
    }

    /// <summary>The port's receive, and the packets are freed.</summary>
    internal long Receive(int burst)
    {
        long packets = 0;
        for (int i = 0; i < BurstsAtOnce; i++)
        {
            int received = _port.Receive(0, _descriptors.AsSpan(0, burst), _cache);
            _cache.Free(_descriptors.AsSpan(0, received));
            packets += received;
        }

        return packets;
    }

    /// <summary>The port's receive and transmit.</summary>
    internal long Forward(int burst) => Forward(burst, this);

    /// <summary>The port's receive, and the transmit of another one of the same pool.</summary>
    internal long Forward(int burst, DpdkBursts to)
    {
        long packets = 0;
        for (int i = 0; i < BurstsAtOnce; i++)
        {
            int received = _port.Receive(0, _descriptors.AsSpan(0, burst), _cache);
            int sent = to._port.Transmit(0, _descriptors.AsSpan(0, received), _cache);
            if (sent < received)
                _cache.Free(_descriptors.AsSpan(sent, received - sent));
            packets += sent;
        }

        return packets;
    }

    /// <summary>Sends a frame so many times.</summary>
    /// <exception cref="InvalidOperationException">The pool or the driver's queue is too small.</exception>
    internal void Send(ReadOnlySpan<byte> frame, int count)
    {
        Span<PacketDescriptor> packets = new PacketDescriptor[count];
        int allocated = _cache.Allocate(packets);
        foreach (ref PacketDescriptor packet in packets[..allocated])
            _pool.Open(ref packet).TrySetData(frame);
        int sent = _port.Transmit(0, packets[..allocated], _cache);
        _cache.Free(packets[sent..allocated]);
        if (sent < count)
            throw new InvalidOperationException($"Only {sent} of {count} packets were sent.");
    }

    /// <summary>Takes one figure on a thread of its own, on the core that is measured.</summary>
    internal static LoadFigure Measure(ExperimentSettings settings, Move move, int burst)
    {
        double best = double.MaxValue;
        long packets = 0;
        TimeSpan elapsed = default;
        Thread thread = new(() =>
        {
            CoreAffinity.PinCurrentThread(settings.Core);
            RunFor(settings.WarmUp, move, burst);
            long begin = Stopwatch.GetTimestamp();
            for (int window = 0; window < settings.Windows; window++)
                best = Math.Min(best, RunFor(settings.Window, move, burst, ref packets));
            elapsed = Stopwatch.GetElapsedTime(begin);
        });
        AllocationWatch allocations = AllocationWatch.Start();
        thread.Start();
        thread.Join();
        int collections = allocations.Collections();
        double bytes = (double)allocations.Bytes() / Math.Max(1, packets);
        return new LoadFigure(best, collections, bytes, elapsed.TotalSeconds);
    }

    /// <summary>Stops the port.</summary>
    public void Dispose()
    {
        _port.Dispose();
        if (_ownsPool)
            _pool.Dispose();
    }

    private static void RunFor(TimeSpan time, Move move, int burst)
    {
        long ignored = 0;
        RunFor(time, move, burst, ref ignored);
    }

    // Returns nanoseconds per packet.
    private static double RunFor(TimeSpan time, Move move, int burst, ref long packets)
    {
        long moved = 0;
        TimeSpan elapsed;
        long begin = Stopwatch.GetTimestamp();
        do
        {
            moved += move(burst);
            elapsed = Stopwatch.GetElapsedTime(begin);
        }
        while (elapsed < time);
        packets += moved;
        return elapsed.TotalNanoseconds / Math.Max(1, moved);
    }
}
