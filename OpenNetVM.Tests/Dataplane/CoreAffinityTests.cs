using OpenNetVM.Core.Dataplane;

namespace OpenNetVM.Tests.Dataplane;

public class CoreAffinityTests
{
    [Fact]
    public void A_worker_runs_on_the_core_it_is_pinned_to_and_nobody_else_is_moved()
    {
        SkipElsewhere();
        IReadOnlyList<int> mine = CoreAffinity.CoresOfCurrentThread;
        Assert.NotEmpty(CoreAffinity.AvailableCores);
        foreach (int core in CoreAffinity.AvailableCores)
        {
            using Worker worker = Workers.Create(core: core);
            worker.Start();
            Assert.Equal([core], worker.Invoke(() => CoreAffinity.CoresOfCurrentThread));
            Assert.Equal(core, worker.Invoke(ThreadStatistics.Core));
        }

        Assert.Equal(mine, CoreAffinity.CoresOfCurrentThread);
    }

    [Fact]
    public void A_worker_that_is_not_pinned_may_run_wherever_the_process_may()
    {
        using Worker worker = Workers.Create();
        worker.Start();
        Assert.Equal(CoreAffinity.AvailableCores, worker.Invoke(() => CoreAffinity.CoresOfCurrentThread));
    }

    [Fact]
    public void A_pinned_thread_still_knows_all_cores_of_the_process()
    {
        SkipElsewhere();
        IReadOnlyList<int> all = CoreAffinity.AvailableCores;
        using Worker worker = Workers.Create(core: all[0]);
        worker.Start();
        Assert.Equal(all, worker.Invoke(() => CoreAffinity.AvailableCores));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(8_191)]
    [InlineData(8_192)]
    [InlineData(int.MaxValue)]
    [InlineData(int.MinValue)]
    public void A_core_that_is_not_there_is_refused_with_those_that_are(int core)
    {
        SkipElsewhere();
        ArgumentOutOfRangeException refusal = Assert.Throws<ArgumentOutOfRangeException>(() => Workers.Create(core: core));
        Assert.Contains(string.Join(", ", CoreAffinity.AvailableCores), refusal.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => CoreAffinity.PinCurrentThread(core));
    }

    private static void SkipElsewhere()
    {
        if (!CoreAffinity.IsSupported)
            Assert.Skip("threads are pinned to cores on Linux only");
    }
}
