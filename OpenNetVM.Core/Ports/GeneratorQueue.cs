using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using OpenNetVM.Core.Memory;
using OpenNetVM.Core.Packets;

namespace OpenNetVM.Core.Ports;

/// <summary>One thread at a time. The packets of one receive queue of a generator, in an order that depends on the seed alone.</summary>
internal sealed unsafe class GeneratorQueue
{
    // Flows picked ahead of their use: two of the usual bursts.
    private const int MaxPicks = 64;

    private readonly FrameTemplate[] _templates;
    private readonly GeneratedFlow[] _flows;
    private readonly AliasTable? _alias;
    private readonly FrameSizes _sizes;
    private readonly bool _inTurn;
    private readonly bool _hash;
    private readonly double _packetsPerNanosecond;
    private readonly long _backlog;
    private readonly long _limit;
    private GeneratorRandom _flowRandom;
    private GeneratorRandom _sizeRandom;
    private long _position;
    private int _turn;

    public GeneratorQueue(int index, GeneratedFlows flows, GeneratorPortOptions options, double packetsPerSecond, long limit)
    {
        GeneratedFlows.QueueFlows own = flows.Queues[index];
        _templates = flows.Templates;
        _flows = own.Flows;
        _alias = own.Alias;
        _sizes = options.Sizes;
        _inTurn = options.Distribution.IsRoundRobin;
        _hash = options.ProvideRssHash;
        _packetsPerNanosecond = packetsPerSecond * own.Share / 1e9;
        _backlog = options.Backlog;
        _limit = own.Flows.Length == 0 ? 0 : limit;

        // Two sequences, so that it does not matter how many flows are picked before the first size is.
        ulong seed = GeneratorRandom.Mix(options.Seed ^ ((ulong)index << 32));
        _flowRandom = new GeneratorRandom(seed);
        _sizeRandom = new GeneratorRandom(~seed);
    }

    /// <summary>True once the queue has generated its part of the packets. Any thread.</summary>
    public bool HasEnded => Volatile.Read(ref _position) >= _limit;

    private bool IsPaced => _packetsPerNanosecond > 0;

    public int Receive(Span<PacketDescriptor> burst, PoolCache cache, PortId port, long elapsed, long timestamp, ref PortQueueCounters counters)
    {
        long due = Math.Min(burst.Length, _limit - _position);
        if (IsPaced)
            due = Math.Min(due, Waiting(elapsed, ref counters));
        if (due <= 0)
            return 0;

        int wanted = (int)due;
        int count = cache.Allocate(burst[..wanted]);
        if (count < wanted && IsPaced)
        {
            // A NIC without a buffer loses the frame; a source without a rate just waits.
            PortQueueCounters.Raise(ref counters.DroppedNoBuffer, wanted - count);
            _position += wanted - count;
        }

        long bytes = 0;
        for (int done = 0; done < count; done += MaxPicks)
            bytes += Fill(burst[done..Math.Min(count, done + MaxPicks)], cache.Pool, port, timestamp);
        Volatile.Write(ref _position, _position + count);
        counters.Add(count, bytes);
        return count;
    }

    // How many packets have come and not been taken; what exceeds the backlog is lost here.
    private long Waiting(long elapsed, ref PortQueueCounters counters)
    {
        // Packet k comes at k / rate, the first at once.
        long waiting = Math.Min(_limit, (long)(elapsed * _packetsPerNanosecond) + 1) - _position;
        long lost = waiting - _backlog;
        if (lost <= 0)
            return waiting;
        PortQueueCounters.Raise(ref counters.DroppedError, lost);
        Volatile.Write(ref _position, _position + lost);
        return _backlog;
    }

    private long Fill(Span<PacketDescriptor> burst, PacketPool pool, PortId port, long timestamp)
    {
        Span<int> picks = stackalloc int[MaxPicks];
        picks = picks[..burst.Length];
        PickFlows(picks);
        return _sizes.IsFixed
            ? FillFixed(burst, picks, pool, port, timestamp)
            : FillVarying(burst, picks, pool, port, timestamp);
    }

    // Everything is ready in the flow's record: a packet is a copy of the template and two stores.
    private long FillFixed(Span<PacketDescriptor> burst, ReadOnlySpan<int> picks, PacketPool pool, PortId port, long timestamp)
    {
        int size = _sizes.Smallest;
        int headroom = pool.Headroom;
        ulong word = FrameCopy.HeaderWord(headroom, size, port);
        uint hashMask = _hash ? uint.MaxValue : 0;
        for (int i = 0; i < picks.Length && i < burst.Length; i++)
        {
            ref readonly GeneratedFlow flow = ref _flows[picks[i]];
            FrameTemplate template = _templates[flow.Kind];
            byte* frame = Begin(pool, burst[i].BufferIndex, headroom, word, timestamp);
            burst[i].RssHash = flow.RssHash & hashMask;
            FrameCopy.Copy(template.Address, frame, size);
            if (template.Ipv6)
                PutIpv6(template, flow, frame);
            else
                flow.Ipv4Block.Store(frame + GeneratedFlow.Ipv4BlockOffset);
            Unsafe.WriteUnaligned(frame + template.ChecksumOffset, flow.TransportChecksum);
        }

        return (long)burst.Length * size;
    }

    private long FillVarying(Span<PacketDescriptor> burst, ReadOnlySpan<int> picks, PacketPool pool, PortId port, long timestamp)
    {
        int headroom = pool.Headroom;
        uint hashMask = _hash ? uint.MaxValue : 0;
        long bytes = 0;
        for (int i = 0; i < picks.Length && i < burst.Length; i++)
        {
            ref readonly GeneratedFlow flow = ref _flows[picks[i]];
            FrameTemplate template = _templates[flow.Kind];
            int size = _sizes.Pick(_sizeRandom.Next());
            bytes += size;
            byte* frame = Begin(pool, burst[i].BufferIndex, headroom, FrameCopy.HeaderWord(headroom, size, port), timestamp);
            burst[i].RssHash = flow.RssHash & hashMask;

            // Start checked that the largest size fits the pool's buffers; templates are as long as the largest size.
            FrameCopy.Copy(template.Address, frame, size);
            if (template.Ipv6)
            {
                PutIpv6(template, flow, frame);
            }
            else
            {
                flow.Ipv4Block.Store(frame + GeneratedFlow.Ipv4BlockOffset);
                Unsafe.WriteUnaligned(frame + GeneratedFlow.Ipv4BlockOffset, GeneratedFlows.FinishNetwork(flow.NetworkChecksum, size - 14));
            }

            template.PutLengths(frame, size);
            Unsafe.WriteUnaligned(frame + template.ChecksumOffset, GeneratedFlows.FinishTransport(flow.TransportChecksum, template.SizeSums[size]));
        }

        return bytes;
    }

    // Picks a burst's flows before any is used: millions of flows do not fit the caches, and so their misses overlap.
    private void PickFlows(Span<int> picks)
    {
        GeneratedFlow[] flows = _flows;
        if (_inTurn)
        {
            foreach (ref int pick in picks)
            {
                pick = _turn;
                _turn = _turn + 1 < flows.Length ? _turn + 1 : 0;
            }

            return;
        }

        GeneratorRandom random = _flowRandom;
        if (_alias is { } alias)
        {
            Span<ulong> numbers = stackalloc ulong[MaxPicks];
            for (int i = 0; i < picks.Length; i++)
            {
                numbers[i] = random.Next();
                Fetch(in alias.ColumnOf(numbers[i]));
            }

            for (int i = 0; i < picks.Length; i++)
                Fetch(in flows[picks[i] = alias.Pick(numbers[i])]);
        }
        else
        {
            foreach (ref int pick in picks)
                Fetch(in flows[pick = AliasTable.Scale(random.Next(), flows.Length)]);
        }

        _flowRandom = random;
    }

    // Both arrays are pinned, so the address holds.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Fetch<T>(in T element)
        where T : unmanaged
    {
        if (Sse.IsSupported)
            Sse.Prefetch0(Unsafe.AsPointer(ref Unsafe.AsRef(in element)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static byte* Begin(PacketPool pool, uint index, int headroom, ulong word, long timestamp)
    {
        PacketHeader* header = pool.HeaderOf(index);
        header->LengthAndOffset = word;
        header->Timestamp = timestamp;
        return (byte*)(header + 1) + headroom;
    }

    private static void PutIpv6(FrameTemplate template, in GeneratedFlow flow, byte* frame)
    {
        Unsafe.WriteUnaligned(frame + template.SourceOffset, flow.Source);
        Unsafe.WriteUnaligned(frame + template.DestinationOffset, flow.Destination);
        Unsafe.WriteUnaligned(frame + template.Transport, flow.Ports);
    }
}
