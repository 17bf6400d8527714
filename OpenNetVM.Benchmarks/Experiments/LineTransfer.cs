using System.Diagnostics;
using System.Runtime.CompilerServices;
using OpenNetVM.Core.Dataplane;

namespace OpenNetVM.Benchmarks.Experiments;

/// <summary>
/// What it costs to move a cache line from one core to another. On a virtual machine that changes by the minute, with the places that the host gives to
/// the cores, and with it everything that two cores do together.
/// </summary>
internal sealed class LineTransfer
{
    private const int RoundTrips = 5_000;
    private const int Windows = 5;

    // The turn lies in the middle of two lines' worth of nothing, so that no neighbour takes its line away.
    private readonly long[] _turn = new long[32];

    private LineTransfer()
    {
    }

    private ref long Turn => ref _turn[16];

    /// <summary>Nanoseconds for one way, least of several windows. Takes about five milliseconds.</summary>
    internal static double Measure(int core, int other)
    {
        LineTransfer transfer = new();
        double best = double.MaxValue;
        Thread answering = new(() =>
        {
            CoreAffinity.PinCurrentThread(other);
            for (long i = 0; i < Windows * RoundTrips; i++)
                transfer.Exchange((2 * i) + 1);
        });
        Thread asking = new(() =>
        {
            CoreAffinity.PinCurrentThread(core);
            for (long window = 0, i = 0; window < Windows; window++)
            {
                long begin = Stopwatch.GetTimestamp();
                for (long end = i + RoundTrips; i < end; i++)
                    transfer.Exchange(2 * i);
                best = Math.Min(best, Stopwatch.GetElapsedTime(begin).TotalNanoseconds / (2 * RoundTrips));
            }
        });
        answering.Start();
        asking.Start();
        asking.Join();
        answering.Join();
        return best;
    }

    // Waits for its turn and gives it to the other.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Exchange(long turn)
    {
        ref long shared = ref Turn;
        while (Volatile.Read(ref shared) != turn)
        {
        }

        Volatile.Write(ref shared, turn + 1);
    }
}
