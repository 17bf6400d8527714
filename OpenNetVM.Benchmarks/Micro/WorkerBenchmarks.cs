using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.Logging.Abstractions;
using OpenNetVM.Core.Dataplane;

namespace OpenNetVM.Benchmarks.Micro;

/// <summary>What a worker adds to its pollables: one round, busy and idle; and what a producer pays per burst to wake nobody.</summary>
[MemoryDiagnoser]
public class WorkerBenchmarks : IDisposable
{
    private Worker _worker = null!;
    private Pollable[] _pollables = [];

    [Params(1, 8)]
    public int Pollables { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _worker = new Worker(new WorkerOptions { Idle = IdleStrategy.Wait() }, TimeProvider.System, NullLogger.Instance);
        _pollables = [.. Enumerable.Range(0, Pollables).Select(_ => new Pollable())];
        foreach (Pollable pollable in _pollables)
            _worker.Add(pollable);
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _worker.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>The rival: a bare loop over the same objects.</summary>
    [Benchmark(Baseline = true)]
    public int BareLoop()
    {
        int sum = 0;
        foreach (IPollable pollable in _pollables)
            sum += pollable.Poll();
        return sum;
    }

    /// <summary>Includes two reads of the clock and two locks, which a round of a running worker has not.</summary>
    [Benchmark]
    public int RoundByHand() => _worker.PollOnce();

    [Benchmark]
    public void FenceAndWakeOfAnAwakeWorker()
    {
        if (_worker.CanSleep)
            Interlocked.MemoryBarrier();
        _worker.Wake();
    }

    private sealed class Pollable : IPollable
    {
        public string Name => "benchmark";

        public int Poll() => 1;
    }
}
