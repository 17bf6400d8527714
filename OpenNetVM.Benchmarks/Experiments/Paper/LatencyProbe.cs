using System.Buffers.Binary;
using System.Diagnostics;
using HdrHistogram;
using OpenNetVM.Core.NetworkFunctions;
using OpenNetVM.Core.Packets;

namespace OpenNetVM.Benchmarks.Experiments.Paper;

/// <summary>The two ends of what is timed: the first function of a chain stamps a packet, the second reads the stamp. Both run on one worker.</summary>
/// <param name="lookup">What the first function looks up between the stamp and sending, as a TX thread that finds the next hop there would; null for nothing.</param>
internal sealed class LatencyProbe(FlowLookup? lookup)
{
    // 1 ns to 10 s at 1%: a hundred thousand counters, made once.
    private readonly LongHistogram _histogram = new(10_000_000_000, 2);
    private readonly FlowLookup? _lookup = lookup;
    private readonly double _nanosecondsPerTick = 1e9 / Stopwatch.Frequency;
    private int _skip;
    private long _recorded;
    private long _lookedUp;

    /// <summary>Packets timed so far. Any thread.</summary>
    internal long Recorded => Volatile.Read(ref _recorded);

    /// <summary>What was found, in ticks of a nanosecond. To be read when the platform has stopped.</summary>
    internal LongHistogram Histogram => _histogram;

    /// <summary>Lets the first packets go unrecorded.</summary>
    internal void Skip(int packets) => _skip = packets;

    /// <summary>The first function.</summary>
    internal NetworkFunction Sender() => new SendingFunction(this);

    /// <summary>The second function.</summary>
    internal NetworkFunction Receiver() => new ReceivingFunction(this);

    /// <summary>What two readings of the clock one after the other are apart, in nanoseconds: every figure contains it once.</summary>
    internal static double ClockCost()
    {
        const int Readings = 100_000;
        long begin = Stopwatch.GetTimestamp();
        long last = begin;
        for (int i = 0; i < Readings; i++)
            last = Stopwatch.GetTimestamp();
        return (last - begin) * 1e9 / Stopwatch.Frequency / Readings;
    }

    private void Record(long ticks)
    {
        if (_skip > 0)
            _skip--;
        else
            _histogram.RecordValue(Math.Max(0, (long)(ticks * _nanosecondsPerTick)));
        Volatile.Write(ref _recorded, _recorded + 1);
    }

    private sealed class SendingFunction(LatencyProbe probe) : NetworkFunction
    {
        protected override void Process(Packet packet)
        {
            BinaryPrimitives.WriteInt64LittleEndian(packet.UserArea, Stopwatch.GetTimestamp());
            if (probe._lookup is { } lookup)
                probe._lookedUp += lookup.Find(packet);
        }
    }

    private sealed class ReceivingFunction(LatencyProbe probe) : NetworkFunction
    {
        protected override void Process(Packet packet) =>
            probe.Record(Stopwatch.GetTimestamp() - BinaryPrimitives.ReadInt64LittleEndian(packet.UserArea));
    }
}
