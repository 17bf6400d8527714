using System.Diagnostics;
using OpenNetVM.Benchmarks.Comparisons;
using OpenNetVM.Benchmarks.Functions;
using OpenNetVM.Benchmarks.Processes;
using OpenNetVM.Benchmarks.Sdn;
using OpenNetVM.Core.Chains;
using OpenNetVM.Core.Diagnostics;
using OpenNetVM.Core.Management;
using OpenNetVM.Core.Ports;
using OpenNetVM.Core.Processes;
using OpenNetVM.Core.Services;
using OpenNetVM.OpenFlow;

namespace OpenNetVM.Benchmarks.Experiments.Paper;

/// <summary>One run of the steering experiment's time line, with the IDS on a thread of this process, in processes of its own, or in containers.</summary>
internal sealed class SteeringTimeLine : IAsyncDisposable
{
    /// <summary>Flows of the traffic.</summary>
    internal const int Flows = 2_000;

    /// <summary>What the paper says that a second replica took.</summary>
    internal const double PaperSecondsToFirstPacket = 0.52;

    private const int MostFurtherPhases = 50;
    private const double LightLoad = 40_000;
    private const double HeavyLoad = 90_000;

    private readonly ExperimentSettings _settings;
    private readonly string _suffix;
    private readonly string _unit;
    private readonly RampPort _port;
    private readonly WitnessPort _exit = new();
    private readonly SocketFolder? _sockets;
    private readonly NfManager _manager;
    private readonly ServiceId _inspection;
    private readonly ServiceId _scrubber;
    private readonly ChainId _inspected;
    private readonly ChainId _diverted;
    private readonly Dictionary<InstanceId, long> _handled = [];
    private readonly ServiceId _sdn;
    private readonly SdnSwitch? _switch;
    private SteeringController? _controller;
    private long _begin;
    private long _lastSample;

    /// <param name="settings">Where to measure.</param>
    /// <param name="unit">Unit of the points.</param>
    /// <param name="suffix">Behind the names of the services: where the IDS runs.</param>
    /// <param name="launch">Starts an IDS; null for threads.</param>
    /// <param name="controller">An SDN controller that decides; null for a thread of this process in its place.</param>
    internal SteeringTimeLine(ExperimentSettings settings, string unit, string suffix, Func<NfLaunch, ProcessStartInfo>? launch, ControllerProcess? controller = null)
    {
        _settings = settings;
        _unit = unit;
        _suffix = suffix;

        // The platform disposes the ports.
        _port = new RampPort(new GeneratorPortOptions { Flows = Flows, StampTime = false, Sizes = FrameSizes.Fixed(128) }, mostAtOnce: 1_024);
        _sockets = launch is null ? null : new SocketFolder();
        NfManagerBuilder builder = new() { Options = new NfManagerOptions { Processes = _sockets?.Options } };
        builder.AddWorker("io", settings.Core);
        builder.AddWorker("functions", settings.FunctionCore);
        ServiceOptions placed = new() { Workers = ["functions"] };
        builder.AddPort(_port, "io");
        PortId exit = builder.AddPort(_exit);
        _switch = controller is null ? null : new SdnSwitch(new SdnSwitchOptions { Endpoints = [controller.Endpoint], Channel = new() { LongestReconnectDelay = TimeSpan.FromMilliseconds(500) } });
        _sdn = builder.AddService("SDN", _switch is null ? () => new FlowAskingFunction(() => _controller) : _switch.CreateFunction, placed);
        _inspection = launch is null
            ? builder.AddService("IDS", static () => new InspectingFunction(), placed)
            : builder.AddService("IDS", new ServiceOptions { Processes = new ProcessServiceOptions { Launch = launch } });
        _scrubber = builder.AddService("scrubber", static () => new ScrubbingFunction(), placed);
        builder.DefaultChain = ServiceChain.Through(_sdn).To(exit);
        _inspected = builder.AddChain(ServiceChain.Through(_inspection).To(exit));
        _diverted = builder.AddChain(ServiceChain.Through(_scrubber).To(exit));
        _manager = builder.Build();
    }

    /// <summary>What each instance handled, over time.</summary>
    internal List<ExperimentPoint> Points { get; } = [];

    /// <summary>What happened when.</summary>
    internal List<ExperimentEvent> Events { get; } = [];

    /// <summary>From asking for the second replica until its first packet had left it.</summary>
    internal TimeSpan ToFirstPacket { get; private set; }

    /// <summary>Answers of the controller.</summary>
    internal int Answers { get; private set; }

    /// <summary>What the SDN function did; null where there was none.</summary>
    internal SdnSwitchStatistics? Sdn { get; private set; }

    /// <summary>Packets that were not received because a function had not got to those before, as while its code is compiled.</summary>
    internal long Refused => End.DroppedByReason[DropReason.BackPressure];

    /// <summary>Garbage collections meanwhile.</summary>
    internal int Collections { get; private set; }

    /// <summary>The platform's account at the end.</summary>
    internal PlatformStatistics End { get; private set; } = null!;

    /// <summary>Runs it.</summary>
    /// <exception cref="InvalidOperationException">Packets were lost, or nothing was steered.</exception>
    internal async Task RunAsync()
    {
        TimeSpan phase = TimeSpan.FromSeconds(_settings.Quick ? 0.2 : 1.5);
        _manager.Start();
        if (_switch is not null)
        {
            _switch.Start(_manager, _sdn);
            await UntilAsync(static sdn => sdn is { IsControlled: true, Rules: >= 2 }, "the controller's first rules");
        }

        using SteeringController? controller = _switch is null ? new(_manager.Director, _inspected, lifetime: 2 * phase) : null;
        _controller = controller;
        AllocationWatch allocations = AllocationWatch.Start();
        _begin = _lastSample = Stopwatch.GetTimestamp();

        Note("packets come; new flows ask the controller");
        _port.PacketsPerSecond = LightLoad;
        Sample(phase);
        Note("load rises");
        _port.PacketsPerSecond = HeavyLoad;
        Sample(phase);
        Note("second IDS started");
        long started = Stopwatch.GetTimestamp();
        Task<InstanceId> replica = _sockets is null ? Task.FromResult(_manager.StartInstance(_inspection)) : _manager.StartProcessAsync(_inspection);
        Events.Add(new ExperimentEvent(Elapsed(started) + PaperSecondsToFirstPacket, "paper: its first packet"));
        Sample(phase);
        ToFirstPacket = Stopwatch.GetElapsedTime(started, WaitForFirstPacket(await replica));
        Note("IDS begins to divert");
        _manager.Post(_inspection, InspectingFunction.AttackBegins, InspectingFunction.Attack(_scrubber, _diverted));
        Sample(phase);

        // The order reaches a process by its socket, and one that shares a busy core is not quick to read it.
        for (int i = 0; HandledSoFar(_scrubber) == 0; i++)
        {
            if (i == MostFurtherPhases)
                throw new InvalidOperationException($"The IDS was told to divert, and has diverted nothing in {i + 1} phases of {phase.TotalSeconds} s.");
            Sample(phase);
        }

        Note("attack over, load falls");
        _manager.Post(_inspection, InspectingFunction.AttackEnds, default);
        _port.PacketsPerSecond = LightLoad;
        Sample(phase);

        Collections = allocations.Collections();
        _controller = null;
        if (_switch is not null)
        {
            _port.PacketsPerSecond = 0;
            await UntilAsync(static sdn => sdn.HeldPackets == 0, "the end of all waiting");
            Sdn = _switch.GetStatistics();
            await _switch.DisposeAsync();
        }

        await _manager.StopAsync();
        End = _manager.GetStatistics();
        Answers = controller?.Answers ?? (int)(Sdn!.PacketsIn - Sdn.Unanswered);
        Check();
    }

    /// <summary>Packets that a service handled.</summary>
    internal long Handled(string service) => End.Services.Single(one => one.Name == service).Handled;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_switch is not null)
            await _switch.DisposeAsync();
        await _manager.DisposeAsync();
        _sockets?.Dispose();
    }

    private async Task UntilAsync(Func<SdnSwitchStatistics, bool> condition, string what)
    {
        for (int i = 0; !condition(_switch!.GetStatistics()); i++)
        {
            if (i == 3_000)
                throw new InvalidOperationException($"{what} did not come within 30 seconds: {_switch.GetStatistics()}.");
            await Task.Delay(10);
        }
    }

    private void Check()
    {
        // Only a real controller comes with code that has not run before.
        long lost = End.Dropped - End.DroppedByReason[DropReason.ByFunction] - (_switch is null ? 0 : Refused);
        if (End.Unaccounted != 0 || End.Held != 0 || lost != 0)
            throw new InvalidOperationException($"Packets were lost in the steering experiment: {End.ConservationLine}, {lost} dropped by nobody's wish.");
        if (Handled("scrubber") == 0 || Handled("IDS") == 0 || Answers == 0)
            throw new InvalidOperationException($"Nothing was steered in the steering experiment: {Answers} answers of the controller, {Handled("IDS")} inspected and {Handled("scrubber")} diverted packets. {End.ConservationLine}.");
    }

    private long HandledSoFar(ServiceId service) => _manager.GetStatistics().Services.Single(one => one.Id == service).Handled;

    private void Sample(TimeSpan phase)
    {
        TimeSpan step = phase / (_settings.Quick ? 4 : 15);

        // From now on, and not from the last sample: a process may have been waited for since.
        long end = Stopwatch.GetTimestamp() + (long)(phase.TotalSeconds * Stopwatch.Frequency);
        while (Stopwatch.GetTimestamp() < end)
        {
            Thread.Sleep(step);
            long now = Stopwatch.GetTimestamp();
            double seconds = Stopwatch.GetElapsedTime(_lastSample, now).TotalSeconds;
            _lastSample = now;
            foreach (InstanceReport instance in _manager.GetStatistics().Instances)
            {
                double rate = (instance.Handled - _handled.GetValueOrDefault(instance.Id)) / seconds / 1e3;
                _handled[instance.Id] = instance.Handled;
                Points.Add(new ExperimentPoint($"{instance.ServiceName}, instance {instance.Id.Value}{_suffix}", Elapsed(now), _unit, new Summary(rate, rate, rate)));
            }
        }
    }

    private long WaitForFirstPacket(InstanceId instance)
    {
        for (int i = 0; ; i++)
        {
            if (_exit.FirstOf(instance) is { } first)
                return first;
            if (i == 10_000)
                throw new InvalidOperationException($"{instance} was started under load and got no packet for ten seconds.");
            Thread.Sleep(1);
        }
    }

    private void Note(string text) => Events.Add(new ExperimentEvent(Elapsed(Stopwatch.GetTimestamp()), text));

    private double Elapsed(long timestamp) => Stopwatch.GetElapsedTime(_begin, timestamp).TotalSeconds;
}
