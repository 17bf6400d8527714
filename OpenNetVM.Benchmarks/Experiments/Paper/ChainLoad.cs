using System.Diagnostics;
using OpenNetVM.Benchmarks.Functions;
using OpenNetVM.Benchmarks.Processes;
using OpenNetVM.Benchmarks.Reference;
using OpenNetVM.Core.Chains;
using OpenNetVM.Core.Dataplane;
using OpenNetVM.Core.Diagnostics;
using OpenNetVM.Core.Management;
using OpenNetVM.Core.Ports;
using OpenNetVM.Core.Processes;
using OpenNetVM.Core.Services;
using OpenNetVM.FlowTable;

namespace OpenNetVM.Benchmarks.Experiments.Paper;

/// <summary>Takes one figure of a chain, ours or in C.</summary>
internal static class ChainLoad
{
    private const int MostWindows = 5_000;

    /// <summary>Builds a platform, lets packets run through it, and takes it down again.</summary>
    /// <exception cref="InvalidOperationException">Packets were lost or dropped, or none came through.</exception>
    internal static async Task<LoadFigure> MeasureAsync(ExperimentSettings settings, ChainLoadOptions options)
    {
        using SocketFolder? sockets = options.Launch is null ? null : new SocketFolder();
        await using NfManager manager = Build(settings, options, sockets, out IPort port);
        foreach (Ipv4FlowKey rule in options.Rules)
        {
            if (!manager.Director.TrySet(rule, new ChainId(1)))
                throw new InvalidOperationException($"The flow director has no room for {options.Rules.Count} rules.");
        }

        options.Prepare?.Invoke(manager.Pool);
        manager.Start();
        Thread.Sleep(settings.WarmUp);
        AllocationWatch allocations = AllocationWatch.Start();
        long start = Stopwatch.GetTimestamp();
        long first = port.GetStatistics().TransmittedPackets;
        double best = double.MaxValue;
        for (int window = 0; window < settings.Windows || best == double.MaxValue; window++)
        {
            // On a loaded machine a worker may not get its core for several windows; after so many there is another reason.
            if (window >= MostWindows && best == double.MaxValue)
                throw new InvalidOperationException($"No packet came through the chain of {options.Length} in {MostWindows} windows of {settings.Window.TotalMilliseconds} ms.");
            long packets = port.GetStatistics().TransmittedPackets;
            long begin = Stopwatch.GetTimestamp();
            Thread.Sleep(settings.Window);
            TimeSpan elapsed = Stopwatch.GetElapsedTime(begin);
            packets = port.GetStatistics().TransmittedPackets - packets;
            if (packets > 0)
                best = Math.Min(best, elapsed.TotalNanoseconds / packets);
        }

        long all = port.GetStatistics().TransmittedPackets - first;
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        int collections = allocations.Collections();
        double bytes = (double)allocations.Bytes() / Math.Max(1, all);
        await manager.StopAsync();
        PlatformStatistics end = manager.GetStatistics();

        // Until the first process is there, nobody can take packets.
        long lost = options.Launch is null ? end.Dropped : end.Dropped - end.DroppedByReason[DropReason.NoInstance];
        if (end.Unaccounted != 0 || lost != 0)
            throw new InvalidOperationException($"The chain of {options.Length} lost packets: {end.ConservationLine}; dropped: {string.Join(", ", end.DroppedByReason.Where(static drop => drop.Value != 0).Select(static drop => $"{drop.Value} {drop.Key}"))}.");
        return new LoadFigure(best, collections, bytes, seconds);
    }

    /// <summary>The same of a chain in C.</summary>
    internal static LoadFigure Measure(ExperimentSettings settings, ChainReference library, ReferenceChainOptions options)
    {
        using ReferenceChain chain = new(library, options with { Core = settings.Core, FunctionCore = settings.FunctionCore });
        chain.Run(settings.Window);
        return new LoadFigure(Enumerable.Range(0, settings.Windows).Min(_ => chain.Run(settings.Window)));
    }

    /// <summary>What functions with threads of their own do without packets: alone on their core they poll; several sleep until they are woken.</summary>
    internal static string IdleOf(int functions) => functions == 1 ? NfIdle.Spin : NfIdle.Wait;

    private static NfManager Build(ExperimentSettings settings, ChainLoadOptions options, SocketFolder? sockets, out IPort port)
    {
        NfManagerBuilder builder = new() { Options = new NfManagerOptions { Dataplane = options.Dataplane, Processes = sockets?.Options } };
        builder.AddWorker("worker", settings.Core, IdleStrategy.Spin);
        if (options.Placement is ChainPlacement.FunctionsApart or ChainPlacement.Halves)
            builder.AddWorker("functions", settings.FunctionCore, IdleStrategy.Spin);
        port = options.Port();
        PortId id = builder.AddPort(port);
        ServiceId[] services = new ServiceId[options.Length];
        for (int i = 0; i < services.Length; i++)
        {
            if (options.Placement == ChainPlacement.FunctionEach && options.Launch is null)
                builder.AddWorker(WorkerOf(i), settings.FunctionCore, NfIdle.Of(IdleOf(options.Length)));
            services[i] = options.Launch is { } launch
                ? builder.AddService($"service {i}", new ServiceOptions { Processes = new ProcessServiceOptions { Launch = launch } })
                : builder.AddService($"service {i}", options.Function, Service(options, i));
        }

        // Rules lead through the same functions, so that only the way in which a chain is found differs.
        builder.DefaultChain = ServiceChain.Through(services).To(id);
        builder.AddChain(ServiceChain.Through(services).To(id));
        return builder.Build();
    }

    private static ServiceOptions Service(ChainLoadOptions options, int index) => options.Placement switch
    {
        ChainPlacement.FunctionsApart => new ServiceOptions { Workers = ["functions"] },
        ChainPlacement.FunctionEach => new ServiceOptions { Workers = [WorkerOf(index)] },
        ChainPlacement.Halves when index >= options.Length / 2 => new ServiceOptions { Workers = ["functions"], TransmitWorker = "functions" },
        _ => new ServiceOptions(),
    };

    private static string WorkerOf(int function) => $"function {function}";
}
