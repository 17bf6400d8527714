using OpenNetVM.Core.Captures;
using OpenNetVM.Core.Flows;
using OpenNetVM.Core.Memory;
using OpenNetVM.Core.Packets;
using OpenNetVM.Core.Rings;

namespace OpenNetVM.Core.Ports;

public sealed partial class PcapPort
{
    /// <inheritdoc/>
    public int Receive(int queue, Span<PacketDescriptor> burst, PoolCache cache)
    {
        ref PortQueueCounters counters = ref _counters.Receive(queue);
        ArgumentNullException.ThrowIfNull(cache);
        if (_life.Running is not { } context || burst.IsEmpty)
            return 0;

        int count = _lanes.Length > 0 ? _lanes[queue].TryDequeue(burst) : 0;
        if (count < burst.Length && !Volatile.Read(ref _inputEnded) && _readGate.TryEnter())
        {
            // Another queue's thread at the file is no reason to wait: it fills this queue's lane meanwhile.
            try
            {
                // What came into the lane since is older than what the file has next.
                if (_lanes.Length > 0)
                    count += _lanes[queue].TryDequeue(burst[count..]);
                count = Read(queue, burst, count, cache, context, ref counters);
            }
            finally
            {
                _readGate.Exit();
            }
        }

        if (count > 0)
            counters.Add(count, PortSink.Bytes(context.Pool, burst[..count]));
        return count;
    }

    // Reads frames until the burst is full, the file has ended, or the next frame has to wait in it.
    private int Read(int queue, Span<PacketDescriptor> burst, int count, PoolCache cache, PortContext context, ref PortQueueCounters counters)
    {
        CaptureReplay replay = _replay!;
        PacketPool pool = context.Pool;
        long elapsed = _options.Speed is null ? 0 : _life.Clock.Elapsed;
        for (int looks = burst.Length + ExtraFramesPerCall; count < burst.Length && looks > 0; looks--)
        {
            if (!replay.TryLook())
            {
                EndInput(replay, context);
                break;
            }

            if (_options.Speed is { } speed && !IsDue(replay, elapsed, speed))
                break;
            CapturedFrame frame = replay.Frame;
            if (frame.Data.Length > pool.BufferSize)
            {
                PortQueueCounters.Raise(ref counters.DroppedOversize, 1);
                replay.Take();
                continue;
            }

            uint hash = Info.ProvidesRssHash ? RssHash.Of(frame.Data) : 0;
            int target = _lanes.Length > 0 ? (int)(hash % (uint)_lanes.Length) : queue;
            SpscRing<PacketDescriptor>? lane = target == queue ? null : _lanes[target];
            if (lane is not null && lane.FreeFor(1) == 0)
                break;
            if (!cache.TryAllocate(out PacketDescriptor descriptor))
                break;

            Packet packet = pool.Open(ref descriptor);
            packet.TrySetData(frame.Data);
            packet.IngressPort = context.Id;
            packet.Timestamp = replay.Timestamp;
            descriptor.RssHash = hash;
            if (frame.IsTruncated)
                Volatile.Write(ref _cutFrames, _cutFrames + 1);
            replay.Take();
            if (lane is null)
            {
                burst[count++] = descriptor;
                continue;
            }

            bool wakes = lane.IsEmpty;
            lane.TryEnqueue(descriptor);
            if (wakes)
                context.NotifyReceivable(target);
        }

        Volatile.Write(ref _unconvertible, replay.UnconvertibleFrames);
        return count;
    }

    private static bool IsDue(CaptureReplay replay, long elapsed, double speed)
    {
        // In doubles, so that no capture's times can overflow: exact to a microsecond over a century of difference.
        double after = (double)((Int128)replay.Timestamp - replay.FirstTimestamp);
        return after <= elapsed * speed;
    }

    private void EndInput(CaptureReplay replay, PortContext context)
    {
        Volatile.Write(ref _unconvertible, replay.UnconvertibleFrames);
        if (replay.Error is { } error)
            Fail(error, context.Logger);
        Volatile.Write(ref _inputEnded, true);
    }
}
