using System.Buffers.Binary;
using System.Collections.Concurrent;
using OpenNetVM.Benchmarks.Functions;
using OpenNetVM.Core.Memory;
using OpenNetVM.Core.Packets;
using OpenNetVM.Core.Ports;

namespace OpenNetVM.Benchmarks.Processes.Kills;

/// <summary>
/// A port that makes packets of flows which come and go, both directions of each, and checks what comes back: no packet twice, and every flow signed by one process for as long as
/// that lives. Bursts are one worker's; <see cref="Bury"/> and what is counted can be used from any thread.
/// </summary>
/// <remarks>It keeps its own account of every packet, independent of the platform's counters.</remarks>
internal sealed class TracedTraffic : IPort
{
    private const int FrameLength = 64;
    private const int SourceOffset = 26;
    private const int DestinationOffset = 30;
    private const int PortsOffset = 34;
    private const int SequenceOffset = 42;
    private const int FlowOffset = 50;

    // Flows that are sent at a time, and packets after which the oldest makes room for a new one.
    private const int ActiveFlows = 2_048;
    private const int PacketsPerNewFlow = 64;

    // Powers of two: more packets than are made while one is under way, also of a source that does not wait, before a process that the system lets run seldom; and more flows than packets
    // under way can belong to.
    private const int SequenceWindow = 1 << 24;
    private const int FlowWindow = 1 << 16;

    private readonly ulong[] _underWay = new ulong[SequenceWindow / 64];
    private readonly uint[] _flowOf = new uint[FlowWindow];
    private readonly int[] _processOf = new int[FlowWindow];
    private readonly ConcurrentDictionary<int, bool> _dead = new();
    private readonly byte[] _frame = CreateFrame();
    private PortContext? _context;
    private ulong _random;
    private uint _newestFlow = ActiveFlows;
    private long _sent;
    private long _back;
    private long _missing;
    private long _duplicates;
    private long _strays;
    private long _unsigned;
    private volatile bool _open;

    /// <param name="canWait">True for a source that loses nothing by waiting and is let in only as far as there is room; false for one that sends as fast as it is polled.</param>
    /// <param name="seed">Of the choice of flows.</param>
    internal TracedTraffic(bool canWait, ulong seed)
    {
        Info = new PortInfo { Name = "traffic", CanWait = canWait };
        _random = seed | 1;
    }

    /// <summary>Whether packets are made. They are not at first.</summary>
    internal bool IsOpen
    {
        get => _open;
        set => _open = value;
    }

    /// <summary>Packets made.</summary>
    internal long Sent => Volatile.Read(ref _sent);

    /// <summary>Packets that came back.</summary>
    internal long Back => Volatile.Read(ref _back);

    /// <summary>Packets that came back twice, or that nobody had sent.</summary>
    internal long Duplicates => Volatile.Read(ref _duplicates);

    /// <summary>Packets signed by another process than their flow's, while both lived.</summary>
    internal long Strays => Volatile.Read(ref _strays);

    /// <summary>Packets that no process had signed.</summary>
    internal long Unsigned => Volatile.Read(ref _unsigned);

    /// <summary>Flows so far.</summary>
    internal long Flows => Volatile.Read(ref _newestFlow);

    /// <inheritdoc/>
    public PortInfo Info { get; }

    /// <inheritdoc/>
    public PortStatus Status => new(_context is null ? PortState.Created : PortState.Running);

    /// <summary>Says that a process is about to die: its flows may go to others from here on.</summary>
    internal void Bury(int process) => _dead[process] = true;

    /// <summary>Packets that have not come back. Exact when nothing is under way.</summary>
    internal long CountMissing()
    {
        long missing = Volatile.Read(ref _missing);
        foreach (ulong word in _underWay)
            missing += System.Numerics.BitOperations.PopCount(word);
        return missing;
    }

    /// <inheritdoc/>
    public void Start(PortContext context) => Volatile.Write(ref _context, context);

    /// <inheritdoc/>
    public int Receive(int queue, Span<PacketDescriptor> burst, PoolCache cache)
    {
        if (!_open)
            return 0;
        int count = cache.Allocate(burst);
        for (int i = 0; i < count; i++)
        {
            Packet packet = cache.Pool.Open(ref burst[i]);
            Fill(packet);
        }

        return count;
    }

    /// <inheritdoc/>
    public int Transmit(int queue, ReadOnlySpan<PacketDescriptor> burst, PoolCache cache)
    {
        foreach (PacketDescriptor descriptor in burst)
        {
            PacketDescriptor own = descriptor;
            Check(cache.Pool.Open(ref own).Data);
        }

        Volatile.Write(ref _back, _back + burst.Length);
        cache.Free(burst);
        return burst.Length;
    }

    /// <inheritdoc/>
    public void Stop() => _open = false;

    /// <inheritdoc/>
    public PortStatistics GetStatistics() => new()
    {
        ReceivedPackets = Sent,
        ReceivedBytes = Sent * FrameLength,
        TransmittedPackets = Back,
        TransmittedBytes = Back * FrameLength,
    };

    /// <inheritdoc/>
    public void Dispose() => Stop();

    private void Fill(Packet packet)
    {
        packet.TrySetData(_frame);
        Span<byte> frame = packet.Data;
        long sequence = _sent;
        ref ulong word = ref _underWay[(sequence & (SequenceWindow - 1)) >> 6];
        ulong bit = 1UL << (int)(sequence & 63);
        if ((word & bit) != 0)
            _missing++;
        word |= bit;
        Volatile.Write(ref _sent, sequence + 1);
        if (sequence % PacketsPerNewFlow == 0)
            Volatile.Write(ref _newestFlow, _newestFlow + 1);

        // xorshift64 (Marsaglia, "Xorshift RNGs", 2003).
        _random ^= _random << 13;
        _random ^= _random >> 7;
        _random ^= _random << 17;
        uint flow = _newestFlow - (uint)(_random % ActiveFlows);
        bool forward = (_random >> 40 & 1) != 0;
        BinaryPrimitives.WriteUInt32BigEndian(frame[(forward ? SourceOffset : DestinationOffset)..], 0x0A00_0000 | (flow & 0xFF_FFFF));
        BinaryPrimitives.WriteUInt32BigEndian(frame[(forward ? DestinationOffset : SourceOffset)..], 0xC0A8_0001);
        BinaryPrimitives.WriteUInt32BigEndian(frame[PortsOffset..], forward ? (40_000u << 16) | 80 : (80u << 16) | 40_000);
        BinaryPrimitives.WriteInt64LittleEndian(frame[SequenceOffset..], sequence);
        BinaryPrimitives.WriteUInt32LittleEndian(frame[FlowOffset..], flow);
        BinaryPrimitives.WriteInt32LittleEndian(frame[SigningFunction.SignatureOffset..], 0);
    }

    private void Check(ReadOnlySpan<byte> frame)
    {
        long sequence = BinaryPrimitives.ReadInt64LittleEndian(frame[SequenceOffset..]);
        ref ulong word = ref _underWay[(sequence & (SequenceWindow - 1)) >> 6];
        ulong bit = 1UL << (int)(sequence & 63);
        if ((word & bit) == 0 || sequence >= _sent || sequence < _sent - SequenceWindow)
            Volatile.Write(ref _duplicates, _duplicates + 1);
        word &= ~bit;

        uint flow = BinaryPrimitives.ReadUInt32LittleEndian(frame[FlowOffset..]);
        int process = BinaryPrimitives.ReadInt32LittleEndian(frame[SigningFunction.SignatureOffset..]);
        if (process == 0)
        {
            Volatile.Write(ref _unsigned, _unsigned + 1);
            return;
        }

        uint slot = flow % FlowWindow;
        if (flow < _flowOf[slot])
            return;
        if (flow > _flowOf[slot])
            (_flowOf[slot], _processOf[slot]) = (flow, process);
        else if (process != _processOf[slot])
            FollowMove(slot, process);
    }

    // What a dead process had sent before it died may come after what its successor sent.
    private void FollowMove(uint slot, int process)
    {
        if (_dead.ContainsKey(process))
            return;
        if (!_dead.ContainsKey(_processOf[slot]))
            Volatile.Write(ref _strays, _strays + 1);
        _processOf[slot] = process;
    }

    private static byte[] CreateFrame() => GeneratorPort.CreateFrame(new GeneratorPortOptions { Sizes = FrameSizes.Fixed(FrameLength) });
}
