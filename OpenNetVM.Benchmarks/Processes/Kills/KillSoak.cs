using System.Diagnostics;
using OpenNetVM.Benchmarks.Comparisons;
using OpenNetVM.Core.Chains;
using OpenNetVM.Core.Diagnostics;
using OpenNetVM.Core.LoadBalancing;
using OpenNetVM.Core.Management;
using OpenNetVM.Core.NetworkFunctions;
using OpenNetVM.Core.Ports;
using OpenNetVM.Core.Processes;
using OpenNetVM.Core.Services;

namespace OpenNetVM.Benchmarks.Processes.Kills;

/// <summary>Kills one of two replicas in processes, at random moments under full load, again and again; the supervisor replaces each at once. Flows are pinned to their instance.</summary>
internal sealed class KillSoak : IAsyncDisposable
{
    private const long PacketsBeforeKill = 1_000;

    private readonly KillOptions _options;
    private readonly TracedTraffic _traffic;
    private readonly NfManager _manager;
    private readonly string _folder = Directory.CreateTempSubdirectory("opennetvm-").FullName;
    private readonly int _burstSize;
    private readonly Random _random;
    private readonly List<double> _noticed = [];
    private readonly List<double> _replaced = [];
    private int _faults;
    private long _mostHeld;

    private KillSoak(KillOptions options)
    {
        _options = options;
        _random = new Random(options.Seed);
        _traffic = new TracedTraffic(options.SourceWaits, (ulong)options.Seed);
        NfManagerBuilder builder = new() { Options = new NfManagerOptions { Processes = new ProcessOptions { Folder = _folder } } };
        _burstSize = builder.Options.Dataplane.BurstSize;
        builder.AddWorker("worker", options.Core, options.Idle);
        PortId port = builder.AddPort(_traffic);
        ServiceId service = builder.AddService("signing", new ServiceOptions
        {
            Instances = 2,
            LoadBalancer = new Maglev(),
            PinFlows = true,
            Restart = new RestartPolicy { InitialBackOff = TimeSpan.Zero },
            Processes = new ProcessServiceOptions { Launch = options.Launch },
        });
        builder.DefaultChain = ServiceChain.Through(service).To(port);
        _manager = builder.Build();
        _manager.InstanceFaulted += _ => Interlocked.Increment(ref _faults);
    }

    /// <summary>Kills, and says what became of the packets.</summary>
    /// <exception cref="TimeoutException">A process was not noticed, replaced or given packets in time.</exception>
    internal static async Task<KillResult> RunAsync(KillOptions options)
    {
        await using KillSoak soak = new(options);
        return await soak.RunAsync();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _manager.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task<KillResult> RunAsync()
    {
        long begin = Stopwatch.GetTimestamp();
        _manager.Start();
        _traffic.IsOpen = true;
        for (int kill = 1; kill <= _options.Kills; kill++)
        {
            KillOne(kill);
            _options.Progress?.Invoke(kill);
        }

        Until(() => Running().Count == 2, "the last process that was killed is replaced");
        _traffic.IsOpen = false;
        Until(() => _manager.PacketsUnderWay == 0, "what is under way is worked off");
        await _manager.StopAsync();
        return new KillResult
        {
            Kills = _options.Kills,
            End = _manager.GetStatistics(),
            Sent = _traffic.Sent,
            Flows = _traffic.Flows,
            Missing = _traffic.CountMissing(),
            Duplicates = _traffic.Duplicates,
            Unsigned = _traffic.Unsigned,
            Strays = _traffic.Strays,
            MostHeld = _mostHeld,
            BurstSize = _burstSize,
            Lent = _manager.Pool.LentToProcesses,
            RejectedFrees = _manager.Pool.RejectedFrees,
            Faults = _faults,
            NoticedMilliseconds = Summary.Of(_noticed),
            NoticedLate = _noticed.Count(static milliseconds => milliseconds > 10),
            ReplacedMilliseconds = Summary.Of(_replaced),
            Elapsed = Stopwatch.GetElapsedTime(begin),
        };
    }

    private void KillOne(int number)
    {
        Until(() => Running() is { Count: 2 } replicas && replicas.All(static replica => replica.Handled >= PacketsBeforeKill), "two replicas are under load");
        Thread.Sleep(_random.Next(10));
        Thread.SpinWait(_random.Next(20_000));
        InstanceReport victim = Running()[_random.Next(2)];
        long heldBefore = Stopped();
        _traffic.Bury(victim.ProcessId!.Value);
        using Process process = Process.GetProcessById(victim.ProcessId.Value);
        long begin = Stopwatch.GetTimestamp();
        process.Kill();
        Until(() => !_manager.Services.TryFind(victim.Id, out InstanceInfo? instance) || instance!.State != InstanceState.Running, "the death of a process is noticed", spin: true);
        _noticed.Add(Stopwatch.GetElapsedTime(begin).TotalMilliseconds);
        Until(() => Volatile.Read(ref _faults) >= number, "the death of a process is reported");
        _mostHeld = Math.Max(_mostHeld, Stopped() - heldBefore);
        Until(() => Running().Count == 2, "a process that was killed is replaced");
        _replaced.Add(Stopwatch.GetElapsedTime(begin).TotalMilliseconds);
    }

    private List<InstanceReport> Running() => [.. _manager.GetStatistics().Instances.Where(static instance => instance.State == InstanceState.Running)];

    private long Stopped() => _manager.GetStatistics().DroppedByReason[DropReason.InstanceStopped];

    private void Until(Func<bool> condition, string what, bool spin = false)
    {
        long begin = Stopwatch.GetTimestamp();
        while (!condition())
        {
            if (Stopwatch.GetElapsedTime(begin) > _options.Patience)
                throw new TimeoutException($"Waited in vain for this: {what}. {_manager.GetStatistics().ConservationLine}");
            if (spin)
                Thread.Yield();
            else
                Thread.Sleep(1);
        }
    }
}
