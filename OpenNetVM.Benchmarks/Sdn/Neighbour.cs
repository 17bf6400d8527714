using System.Diagnostics;

namespace OpenNetVM.Benchmarks.Sdn;

/// <summary>What goes on beside packets of known flows: so many new flows a second, or work that has nothing to do with packets.</summary>
/// <param name="NewFlows">New flows a second.</param>
/// <param name="Name">What else it is.</param>
/// <param name="Work">Works until its time is over.</param>
internal sealed record Neighbour(double NewFlows, string? Name = null, Action<TimeSpan>? Work = null)
{
    /// <summary>Whether its packets are of one flow, which is known but for the first: what they cost that is not the cost of setting flows up.</summary>
    internal bool IsOneFlow { get; private init; }

    /// <summary>Packets of one known flow that come as new flows do, one by one.</summary>
    internal static Neighbour Packets(double perSecond) => new(perSecond, $"{perSecond:N0} packets a second of one more flow") { IsOneFlow = true };

    /// <summary>Nothing.</summary>
    internal static Neighbour None { get; } = new(0);

    /// <summary>
    /// What the machine takes for work on the other core, whatever it is: two cores of a virtual machine may be two threads of one core, and share its units and caches. One thread counts, and touches
    /// no memory; one sorts, and touches half of what the second-level cache holds.
    /// </summary>
    internal static IReadOnlyList<Neighbour> Strangers { get; } =
    [
        new(0, "a thread that counts", static time => Run(time, static () =>
        {
            long sum = 0;
            for (int i = 0; i < 1_000; i++)
                sum = (sum ^ i) * 31;
            GC.KeepAlive(sum);
        })),
        new(0, "a thread that sorts 1 MB", Sort),
    ];

    private static void Sort(TimeSpan time)
    {
        int[] numbers = new int[1 << 18];
        Random random = new(1);
        Run(time, () =>
        {
            // A part at a time, so that the time is kept.
            Span<int> part = numbers.AsSpan(random.Next(64) * (numbers.Length / 64), numbers.Length / 64);
            foreach (ref int number in part)
                number = random.Next();
            part.Sort();
        });
    }

    private static void Run(TimeSpan time, Action step)
    {
        Thread thread = new(() =>
        {
            for (long begin = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(begin) < time;)
                step();
        });
        thread.Start();
        thread.Join();
    }
}
