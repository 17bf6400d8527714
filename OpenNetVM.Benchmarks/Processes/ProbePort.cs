using System.Buffers.Binary;
using System.Diagnostics;
using OpenNetVM.Core.Memory;
using OpenNetVM.Core.Packets;
using OpenNetVM.Core.Ports;

namespace OpenNetVM.Benchmarks.Processes;

/// <summary>
/// A port that hands one packet in at a time, with the time in it, and notes when it comes back. The worker that polls it does both, so the time between is the packet's round trip through the platform.
/// What is noted can be read by any thread.
/// </summary>
/// <param name="gap">How long it waits after a packet has come back before it hands the next one in; packets that are dropped on the way do not stop it, a new one comes after this time as well.</param>
internal sealed class ProbePort(TimeSpan gap) : IPort
{
    private readonly long _gap = (long)(gap.TotalSeconds * Stopwatch.Frequency);
    private readonly byte[] _frame = GeneratorPort.CreateFrame();
    private long[] _roundTrips = [];
    private long _back;
    private long _firstBack;
    private long _next;
    private int _recorded;
    private volatile PortState _state = PortState.Created;
    private volatile bool _open;

    /// <inheritdoc/>
    public PortInfo Info { get; } = new() { Name = "probe" };

    /// <inheritdoc/>
    public PortStatus Status => new(_state);

    /// <summary>Whether packets are handed in.</summary>
    internal bool IsOpen
    {
        get => _open;
        set => _open = value;
    }

    /// <summary>When the first packet came back, as a timestamp of the stopwatch; 0 while none has.</summary>
    internal long FirstBack => Volatile.Read(ref _firstBack);

    /// <summary>How many round trips have been noted since <see cref="Record"/>.</summary>
    internal int Recorded => Volatile.Read(ref _recorded);

    /// <summary>Round trips in microseconds. To be called when as many are there as were asked for.</summary>
    internal double[] Microseconds => [.. _roundTrips.Select(static ticks => ticks * 1e6 / Stopwatch.Frequency)];

    /// <summary>Notes so many round trips from now on.</summary>
    internal void Record(int count)
    {
        Volatile.Write(ref _roundTrips, new long[count]);
        Volatile.Write(ref _recorded, 0);
    }

    /// <inheritdoc/>
    public void Start(PortContext context) => _state = PortState.Running;

    /// <inheritdoc/>
    public int Receive(int queue, Span<PacketDescriptor> burst, PoolCache cache)
    {
        long now = Stopwatch.GetTimestamp();
        if (!_open || now < _next || cache.Allocate(burst[..1]) == 0)
            return 0;
        Packet packet = cache.Pool.Open(ref burst[0]);
        packet.TrySetData(_frame);
        _next = now + _gap;

        // In the packet itself: it may come back after the next one was handed in.
        BinaryPrimitives.WriteInt64LittleEndian(packet.Data[^sizeof(long)..], Stopwatch.GetTimestamp());
        return 1;
    }

    /// <inheritdoc/>
    public int Transmit(int queue, ReadOnlySpan<PacketDescriptor> burst, PoolCache cache)
    {
        long now = Stopwatch.GetTimestamp();
        if (_back == 0)
            Volatile.Write(ref _firstBack, now);
        long[] roundTrips = Volatile.Read(ref _roundTrips);
        for (int i = 0; i < burst.Length && _recorded < roundTrips.Length; i++)
        {
            PacketDescriptor descriptor = burst[i];
            roundTrips[_recorded] = now - BinaryPrimitives.ReadInt64LittleEndian(cache.Pool.Open(ref descriptor).Data[^sizeof(long)..]);
            Volatile.Write(ref _recorded, _recorded + 1);
        }

        _back += burst.Length;
        _next = now + _gap;
        cache.Free(burst);
        return burst.Length;
    }

    /// <inheritdoc/>
    public void Stop()
    {
        _open = false;
        _state = PortState.Stopped;
    }

    /// <inheritdoc/>
    public PortStatistics GetStatistics() => new() { TransmittedPackets = Volatile.Read(ref _back) };

    /// <inheritdoc/>
    public void Dispose() => Stop();
}
