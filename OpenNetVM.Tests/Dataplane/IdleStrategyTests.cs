using OpenNetVM.Core.Dataplane;

namespace OpenNetVM.Tests.Dataplane;

public class IdleStrategyTests
{
    [Fact]
    public void Spin_always_spins_and_yield_always_yields()
    {
        foreach (int round in (int[])[1, 2, 1_000_000, int.MaxValue])
        {
            Assert.Equal("spin", Describe(IdleStrategy.Spin.Next(round)));
            Assert.Equal("yield", Describe(IdleStrategy.Yield.Next(round)));
        }

        Assert.False(IdleStrategy.Spin.CanSleep);
        Assert.False(IdleStrategy.Yield.CanSleep);
    }

    [Fact]
    public void Adaptive_spins_then_yields_then_sleeps_ever_longer_up_to_the_limit()
    {
        IdleStrategy strategy = IdleStrategy.AdaptiveWith(3, 2, TimeSpan.FromMilliseconds(50));
        string[] steps = [.. Enumerable.Range(1, 13).Select(round => Describe(strategy.Next(round)))];
        Assert.Equal(["spin", "spin", "spin", "yield", "yield", "1", "2", "4", "8", "16", "32", "50", "50"], steps);
        Assert.Equal("50", Describe(strategy.Next(int.MaxValue)));
        Assert.True(strategy.CanSleep);
    }

    [Fact]
    public void Adaptive_with_phases_as_long_as_can_be_does_not_overflow()
    {
        IdleStrategy strategy = IdleStrategy.AdaptiveWith(int.MaxValue, int.MaxValue, TimeSpan.FromHours(1));
        Assert.Equal("spin", Describe(strategy.Next(int.MaxValue)));
        Assert.Equal("yield", Describe(IdleStrategy.AdaptiveWith(0, int.MaxValue, TimeSpan.FromHours(1)).Next(int.MaxValue)));
    }

    [Fact]
    public void Wait_sleeps_at_once()
    {
        Assert.Equal("50", Describe(IdleStrategy.Wait().Next(1)));
        Assert.Equal("3", Describe(IdleStrategy.Wait(TimeSpan.FromMilliseconds(2.1)).Next(1)));
        Assert.Equal("3600000", Describe(IdleStrategy.Wait(TimeSpan.FromHours(1)).Next(int.MaxValue)));
        Assert.True(IdleStrategy.Wait().CanSleep);
    }

    [Fact]
    public void Nap_naps_until_there_has_been_no_work_for_long_and_then_sleeps()
    {
        IdleStrategy strategy = IdleStrategy.Nap(TimeSpan.FromMicroseconds(100), TimeSpan.FromMicroseconds(350));
        Assert.Equal(["nap 100", "nap 100", "nap 100", "50", "50"], Enumerable.Range(1, 5).Select(round => Describe(strategy.Next(round))));
        Assert.Equal("nap 100", Describe(IdleStrategy.Nap(TimeSpan.FromMicroseconds(100)).Next(100)));
        Assert.Equal("50", Describe(IdleStrategy.Nap(TimeSpan.FromMicroseconds(100)).Next(101)));
        Assert.Equal("nap 10", Describe(IdleStrategy.Nap(TimeSpan.FromMicroseconds(10), TimeSpan.FromHours(1)).Next(360_000_000)));
        Assert.True(strategy.CanSleep);
    }

    [Fact]
    public void Times_and_phases_out_of_range_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => IdleStrategy.Wait(TimeSpan.Zero));
        Assert.Throws<ArgumentOutOfRangeException>(() => IdleStrategy.Wait(TimeSpan.FromMilliseconds(0.9)));
        Assert.Throws<ArgumentOutOfRangeException>(() => IdleStrategy.Wait(Timeout.InfiniteTimeSpan));
        Assert.Throws<ArgumentOutOfRangeException>(() => IdleStrategy.Wait(TimeSpan.FromHours(1.1)));
        Assert.Throws<ArgumentOutOfRangeException>(() => IdleStrategy.Nap(TimeSpan.FromMicroseconds(9)));
        Assert.Throws<ArgumentOutOfRangeException>(() => IdleStrategy.Nap(TimeSpan.FromMicroseconds(1_001)));
        Assert.Throws<ArgumentOutOfRangeException>(() => IdleStrategy.Nap(TimeSpan.FromMicroseconds(100), TimeSpan.FromMicroseconds(99)));
        Assert.Throws<ArgumentOutOfRangeException>(() => IdleStrategy.Nap(TimeSpan.FromMicroseconds(100), TimeSpan.FromHours(1.1)));
        Assert.Throws<ArgumentOutOfRangeException>(() => IdleStrategy.AdaptiveWith(-1, 0, TimeSpan.FromSeconds(1)));
        Assert.Throws<ArgumentOutOfRangeException>(() => IdleStrategy.AdaptiveWith(0, -1, TimeSpan.FromSeconds(1)));
    }

    private static string Describe(IdleStep step) => step.Kind switch
    {
        IdleStepKind.Sleep => $"{step.Amount}",
        IdleStepKind.Nap => $"nap {step.Amount}",
        IdleStepKind.Spin => "spin",
        _ => "yield",
    };
}
