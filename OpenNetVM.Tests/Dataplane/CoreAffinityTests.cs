using System.Globalization;
using OpenNetVM.Core.Dataplane;
using OpenNetVM.Tests.Support;

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

    [Fact]
    public void A_worker_can_have_a_core_that_the_rest_of_the_process_stays_off()
    {
        SkipElsewhere();
        IReadOnlyList<int> cores = CoreAffinity.AvailableCores;
        if (cores.Count < 2)
            Assert.Skip("this process has one core: run it where it has two");

        // As a process is where cores are isolated, or that was started by taskset.
        ChildScenario child = ChildScenario.RunBehind(["taskset", "--cpu-list", $"{cores[0]}"], [], PinElsewhere, $"{cores[1]}");

        Assert.Equal($"process {cores[0]}, worker {cores[1]}, its maker {cores[0]}", child.Result);
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

    private static string PinElsewhere(string[] arguments)
    {
        using Worker worker = Workers.Create(core: int.Parse(arguments[0], CultureInfo.InvariantCulture));
        worker.Start();
        IReadOnlyList<int> pinned = worker.Invoke(() => CoreAffinity.CoresOfCurrentThread);
        return $"process {string.Join(' ', CoreAffinity.AvailableCores)}, worker {string.Join(' ', pinned)}, its maker {string.Join(' ', CoreAffinity.CoresOfCurrentThread)}";
    }

    private static void SkipElsewhere()
    {
        if (!CoreAffinity.IsSupported)
            Assert.Skip("threads are pinned to cores on Linux only");
    }
}
