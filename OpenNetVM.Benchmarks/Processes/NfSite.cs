using System.Diagnostics;
using OpenNetVM.Core.Chains;
using OpenNetVM.Core.Dataplane;
using OpenNetVM.Core.Management;
using OpenNetVM.Core.NetworkFunctions;
using OpenNetVM.Core.Ports;
using OpenNetVM.Core.Processes;
using OpenNetVM.Core.Services;

namespace OpenNetVM.Benchmarks.Processes;

/// <summary>A platform of one port and one service, whose function runs on a thread of this process or in another: the worker of the port on one core, the function on the other.</summary>
internal sealed class NfSite : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly SocketFolder _sockets = new();
    private readonly bool _isThread;

    /// <param name="port">Where packets come from and go to.</param>
    /// <param name="cores">The worker's core, and the function's where it is a thread.</param>
    /// <param name="idle">What the worker does without work.</param>
    /// <param name="function">Makes the function of a thread.</param>
    /// <param name="functionIdle">What the thread does without work.</param>
    /// <param name="launch">Starts a process; null for a thread.</param>
    /// <param name="instances">Instances that are started with the platform.</param>
    internal NfSite(
        IPort port, (int Worker, int Function) cores, IdleStrategy idle, Func<NetworkFunction> function, IdleStrategy functionIdle, Func<NfLaunch, ProcessStartInfo>? launch, int instances)
    {
        NfManagerBuilder builder = new() { Options = new NfManagerOptions { Processes = _sockets.Options } };
        _isThread = launch is null;
        builder.AddWorker("worker", cores.Worker, idle);
        PortId id = builder.AddPort(port);
        if (_isThread)
        {
            builder.AddWorker("functions", cores.Function, functionIdle);
            Service = builder.AddService("function", function, new ServiceOptions { Workers = ["functions"], Instances = instances });
        }
        else
        {
            Service = builder.AddService("function", new ServiceOptions { Instances = instances, Processes = new ProcessServiceOptions { Launch = launch } });
        }

        builder.DefaultChain = ServiceChain.Through(Service).To(id);
        builder.AddChain(ServiceChain.Through(Service).To(id));
        Builder = builder;
    }

    /// <summary>What more is to be added before <see cref="Start"/>.</summary>
    internal NfManagerBuilder Builder { get; }

    /// <summary>The service.</summary>
    internal ServiceId Service { get; }

    /// <summary>The platform, once it was started.</summary>
    internal NfManager Manager { get; private set; } = null!;

    /// <summary>Starts the platform.</summary>
    internal void Start()
    {
        Manager = Builder.Build();
        Manager.Start();
    }

    /// <summary>Starts another instance.</summary>
    internal async Task StartInstanceAsync()
    {
        if (_isThread)
            Manager.StartInstance(Service);
        else
            await Manager.StartProcessAsync(Service);
    }

    /// <summary>Waits, without using a core: each look takes it from a worker that polls, where all have one.</summary>
    /// <exception cref="TimeoutException">In vain.</exception>
    internal static void Until(Func<bool> condition, string what)
    {
        long begin = Stopwatch.GetTimestamp();
        while (!condition())
        {
            if (Stopwatch.GetElapsedTime(begin) > Patience)
                throw new TimeoutException($"Waited in vain for this: {what}.");
            Thread.Sleep(10);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Manager is not null)
            await Manager.DisposeAsync();
        _sockets.Dispose();
    }
}
