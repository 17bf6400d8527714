namespace OpenNetVM.Core.Dataplane;

/// <summary>
/// What a <see cref="Worker"/> does when its pollables have no work: a trade of latency against processor time. Immutable and safe
/// to share between workers: it only maps "so many rounds without work" to the next step; the count is the worker's.
/// </summary>
/// <remarks>
/// <list type="table">
/// <item><term><see cref="Spin"/></term><description>lowest latency; uses all of its core. For a core of its own.</description></item>
/// <item><term><see cref="Yield"/></term><description>uses all of its core, but lets other threads run there.</description></item>
/// <item><term><see cref="Adaptive"/></term><description>spins, then yields, then sleeps: the default.</description></item>
/// <item><term><see cref="Wait()"/></term><description>sleeps at once until it is woken: many idle functions can share a core.</description></item>
/// <item><term><see cref="Nap(TimeSpan)"/></term><description>sleeps for a short time over and over, and until it is woken only when there has been no work for long: spares those who make
/// work, which may be a core that is to be disturbed as little as possible, the cost of waking it.</description></item>
/// </list>
/// A sleeping worker is woken by <see cref="Worker.Wake"/>, so the length of a sleep is the latency only of work that nobody
/// announces; a pollable that has such work bounds the sleep with <see cref="Worker.ScheduleWakeup"/>.
/// </remarks>
public abstract class IdleStrategy
{
    /// <summary>The longest sleep, in milliseconds, of the strategies that are not told one: 20 rounds a second when idle.</summary>
    private const int DefaultMaxSleep = 50;

    private const int ShortestNap = 10;

    private const int LongestNap = 1_000;

    private static readonly TimeSpan DefaultNapping = TimeSpan.FromMilliseconds(10);

    private protected IdleStrategy()
    {
    }

    /// <summary>Polls again at once, after one pause instruction.</summary>
    public static IdleStrategy Spin { get; } = new SpinStrategy();

    /// <summary>Offers the core to other threads between rounds, and never sleeps.</summary>
    public static IdleStrategy Yield { get; } = new YieldStrategy();

    /// <summary>Spins 200 rounds, yields 50 rounds, then sleeps until it is woken, 1 ms at most at first and twice as long each time up to 50 ms.</summary>
    public static IdleStrategy Adaptive { get; } = new AdaptiveStrategy(200, 50, DefaultMaxSleep);

    /// <summary>True if a worker with this strategy may sleep, so that producers have to wake it.</summary>
    public abstract bool CanSleep { get; }

    /// <summary>Sleeps after the first round without work until it is woken, 50 ms at most.</summary>
    public static IdleStrategy Wait() => Wait(TimeSpan.FromMilliseconds(DefaultMaxSleep));

    /// <summary>Sleeps after the first round without work until it is woken, or <paramref name="maxSleep"/> has passed.</summary>
    /// <param name="maxSleep">1 ms to 1 hour; fractions of a millisecond are rounded up.</param>
    /// <exception cref="ArgumentOutOfRangeException">The time is out of range.</exception>
    public static IdleStrategy Wait(TimeSpan maxSleep) => new AdaptiveStrategy(0, 0, ToMilliseconds(maxSleep), growing: false);

    /// <summary>Naps for <paramref name="nap"/> at a time; after 10 ms without work sleeps until it is woken, 50 ms at most.</summary>
    /// <inheritdoc cref="Nap(TimeSpan, TimeSpan)"/>
    public static IdleStrategy Nap(TimeSpan nap) => Nap(nap, DefaultNapping);

    /// <summary>Naps for <paramref name="nap"/> at a time; after <paramref name="napping"/> without work sleeps until it is woken, 50 ms at most.</summary>
    /// <param name="nap">
    /// How long work may lie before the worker sees it, where there is work now and then: 10 us to 1 ms, in whole microseconds. Nobody wakes it meanwhile, which takes a thread that makes work
    /// several microseconds each time, more in a virtual machine. Each nap costs the worker's core about that much. Elsewhere than on Linux a nap lasts a millisecond or more.
    /// </param>
    /// <param name="napping">How long there has to be no work before it sleeps until it is woken: <paramref name="nap"/> to 1 hour.</param>
    /// <exception cref="ArgumentOutOfRangeException">A time is out of range.</exception>
    public static IdleStrategy Nap(TimeSpan nap, TimeSpan napping)
    {
        if (nap.TotalMicroseconds is < ShortestNap or > LongestNap)
            throw new ArgumentOutOfRangeException(nameof(nap), nap, $"A nap of a worker is {ShortestNap} microseconds to 1 millisecond.");
        if (napping < nap || napping > TimeSpan.FromHours(1))
            throw new ArgumentOutOfRangeException(nameof(napping), napping, "A worker naps for at least one nap, and at most 1 hour, before it sleeps.");
        return new NapStrategy((int)nap.TotalMicroseconds, (int)Math.Min(int.MaxValue, napping / nap), DefaultMaxSleep);
    }

    /// <summary>Like <see cref="Adaptive"/>, with phases of other lengths.</summary>
    /// <param name="spinRounds">Rounds without work before it starts to yield; 0 or more.</param>
    /// <param name="yieldRounds">Further rounds without work before it starts to sleep; 0 or more.</param>
    /// <param name="maxSleep">The longest sleep, 1 ms to 1 hour; fractions of a millisecond are rounded up.</param>
    /// <exception cref="ArgumentOutOfRangeException">An argument is out of range.</exception>
    public static IdleStrategy AdaptiveWith(int spinRounds, int yieldRounds, TimeSpan maxSleep)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(spinRounds);
        ArgumentOutOfRangeException.ThrowIfNegative(yieldRounds);
        return new AdaptiveStrategy(spinRounds, yieldRounds, ToMilliseconds(maxSleep));
    }

    /// <summary>True if a worker with this strategy may nap: its thread is to sleep for exact times.</summary>
    internal virtual bool Naps => false;

    /// <summary>What to do after the given number of consecutive rounds without work (1 or more).</summary>
    internal abstract IdleStep Next(int idleRounds);

    private static int ToMilliseconds(TimeSpan maxSleep)
    {
        if (maxSleep < TimeSpan.FromMilliseconds(1) || maxSleep > TimeSpan.FromHours(1))
            throw new ArgumentOutOfRangeException(nameof(maxSleep), maxSleep, "The longest sleep of a worker is 1 millisecond to 1 hour.");
        return (int)Math.Ceiling(maxSleep.TotalMilliseconds);
    }

    private sealed class SpinStrategy : IdleStrategy
    {
        public override bool CanSleep => false;

        public override string ToString() => "spin";

        internal override IdleStep Next(int idleRounds) => IdleStep.Spin(1);
    }

    private sealed class YieldStrategy : IdleStrategy
    {
        public override bool CanSleep => false;

        public override string ToString() => "yield";

        internal override IdleStep Next(int idleRounds) => IdleStep.Yield;
    }

    private sealed class NapStrategy(int nap, int naps, int maxSleep) : IdleStrategy
    {
        public override bool CanSleep => true;

        public override string ToString() => $"nap {nap} us, {naps} times, then sleep up to {maxSleep} ms";

        internal override bool Naps => true;

        internal override IdleStep Next(int idleRounds) => idleRounds <= naps ? IdleStep.Nap(nap) : IdleStep.Sleep(maxSleep);
    }

    private sealed class AdaptiveStrategy(int spinRounds, int yieldRounds, int maxSleep, bool growing = true) : IdleStrategy
    {
        public override bool CanSleep => true;

        public override string ToString() => growing
            ? $"spin {spinRounds} rounds, yield {yieldRounds} rounds, then sleep up to {maxSleep} ms"
            : $"sleep up to {maxSleep} ms";

        internal override IdleStep Next(int idleRounds)
        {
            // long: the phases may add up to more than an int.
            long sleeps = (long)idleRounds - spinRounds - yieldRounds;
            if (idleRounds <= spinRounds)
                return IdleStep.Spin(4);
            if (sleeps <= 0)
                return IdleStep.Yield;
            // 2^22 ms are more than the hour that maxSleep can be.
            return IdleStep.Sleep(growing ? Math.Min(maxSleep, 1 << (int)Math.Min(sleeps - 1, 22)) : maxSleep);
        }
    }
}
