using System.Diagnostics;
using System.Runtime.CompilerServices;
using OpenNetVM.Core.Memory;
using OpenNetVM.Core.Packets;

namespace OpenNetVM.Core.Ports;

/// <summary>One thread at a time. The packets of one receive queue of a generator, in an order that depends on the seed alone.</summary>
internal sealed unsafe class GeneratorQueue
{
    public PortQueueCounters Counters;

    private readonly FrameTemplate[] _templates;
    private readonly GeneratedFlow[] _flows;
    private readonly AliasTable? _alias;
    private readonly FrameSizes _sizes;
    private readonly bool _inTurn;
    private readonly bool _hash;
    private readonly double _packetsPerNanosecond;
    private readonly long _backlog;
    private readonly long _limit;
    private GeneratorRandom _random;
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
        _random = new GeneratorRandom(GeneratorRandom.Mix(options.Seed ^ ((ulong)index << 32)));
    }

    /// <summary>True once the queue has generated its part of the packets. Any thread.</summary>
    public bool HasEnded => Volatile.Read(ref _position) >= _limit;

    private bool IsPaced => _packetsPerNanosecond > 0;

    public int Receive(Span<PacketDescriptor> burst, PoolCache cache, PortId port, long elapsed, long timestamp)
    {
        long due = Math.Min(burst.Length, _limit - _position);
        if (IsPaced)
            due = Math.Min(due, Waiting(elapsed));
        if (due <= 0)
            return 0;

        int wanted = (int)due;
        int count = cache.Allocate(burst[..wanted]);
        if (count < wanted && IsPaced)
        {
            // A NIC without a buffer loses the frame; a source without a rate just waits.
            Volatile.Write(ref Counters.DroppedNoBuffer, Counters.DroppedNoBuffer + wanted - count);
            _position += wanted - count;
        }

        long bytes = _sizes.IsFixed
            ? FillFixed(burst[..count], cache.Pool, port, timestamp)
            : FillVarying(burst[..count], cache.Pool, port, timestamp);
        Volatile.Write(ref _position, _position + count);
        Counters.Add(count, bytes);
        return count;
    }

    // How many packets have come and not been taken; what exceeds the backlog is lost here.
    private long Waiting(long elapsed)
    {
        // Packet k comes at k / rate, the first at once.
        long waiting = Math.Min(_limit, (long)(elapsed * _packetsPerNanosecond) + 1) - _position;
        long lost = waiting - _backlog;
        if (lost <= 0)
            return waiting;
        Volatile.Write(ref Counters.DroppedError, Counters.DroppedError + lost);
        Volatile.Write(ref _position, _position + lost);
        return _backlog;
    }

    private long FillFixed(Span<PacketDescriptor> burst, PacketPool pool, PortId port, long timestamp)
    {
        int size = _sizes.Smallest;
        int headroom = pool.Headroom;
        ulong word = FrameCopy.HeaderWord(headroom, size, port);
        uint hashMask = _hash ? uint.MaxValue : 0;
        GeneratorRandom random = _random;
        foreach (ref PacketDescriptor descriptor in burst)
        {
            ref readonly GeneratedFlow flow = ref PickFlow(ref random);
            FrameTemplate template = _templates[flow.Kind];
            descriptor.RssHash = flow.RssHash & hashMask;
            byte* frame = Begin(pool, descriptor.BufferIndex, headroom, word, timestamp);
            CopyTemplate(template, frame, size);
            PutFlow(template, flow, frame);
            if (!template.Ipv6)
                Unsafe.WriteUnaligned(frame + 24, flow.NetworkChecksum);
            Unsafe.WriteUnaligned(frame + template.ChecksumOffset, flow.TransportChecksum);
        }

        _random = random;
        return (long)burst.Length * size;
    }

    private long FillVarying(Span<PacketDescriptor> burst, PacketPool pool, PortId port, long timestamp)
    {
        int headroom = pool.Headroom;
        uint hashMask = _hash ? uint.MaxValue : 0;
        GeneratorRandom random = _random;
        long bytes = 0;
        foreach (ref PacketDescriptor descriptor in burst)
        {
            ref readonly GeneratedFlow flow = ref PickFlow(ref random);
            FrameTemplate template = _templates[flow.Kind];
            int size = _sizes.Pick(random.Next());
            bytes += size;
            descriptor.RssHash = flow.RssHash & hashMask;
            byte* frame = Begin(pool, descriptor.BufferIndex, headroom, FrameCopy.HeaderWord(headroom, size, port), timestamp);
            CopyTemplate(template, frame, size);
            PutFlow(template, flow, frame);
            template.PutLengths(frame, size);
            if (!template.Ipv6)
                Unsafe.WriteUnaligned(frame + 24, GeneratedFlows.FinishNetwork(flow.NetworkChecksum, size - 14));
            Unsafe.WriteUnaligned(frame + template.ChecksumOffset, GeneratedFlows.FinishTransport(flow.TransportChecksum, template.SizeSums[size]));
        }

        _random = random;
        return bytes;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref readonly GeneratedFlow PickFlow(ref GeneratorRandom random)
    {
        GeneratedFlow[] flows = _flows;
        int index;
        if (_inTurn)
        {
            index = _turn;
            _turn = index + 1 < flows.Length ? index + 1 : 0;
        }
        else
        {
            ulong number = random.Next();
            index = _alias is null ? (int)(((number >> 32) * (uint)flows.Length) >> 32) : _alias.Pick(number);
        }

        return ref flows[index];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static byte* Begin(PacketPool pool, uint index, int headroom, ulong word, long timestamp)
    {
        PacketHeader* header = pool.HeaderOf(index);
        header->LengthAndOffset = word;
        header->Timestamp = timestamp;
        return (byte*)(header + 1) + headroom;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void CopyTemplate(FrameTemplate template, byte* frame, int size)
    {
        // Start checked that the largest size fits the pool's buffers, and templates are as long as the largest size.
        Debug.Assert(size <= template.Bytes.Length, "a size beyond the template");
        FrameCopy.Copy(template.Address, frame, size);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void PutFlow(FrameTemplate template, in GeneratedFlow flow, byte* frame)
    {
        Unsafe.WriteUnaligned(frame + template.SourceOffset, flow.Source);
        Unsafe.WriteUnaligned(frame + template.DestinationOffset, flow.Destination);
        Unsafe.WriteUnaligned(frame + template.Transport, flow.Ports);
    }
}
