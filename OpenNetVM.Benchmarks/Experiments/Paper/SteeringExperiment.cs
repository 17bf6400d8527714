using System.Diagnostics;
using OpenNetVM.Benchmarks.Comparisons;
using OpenNetVM.Core.Chains;
using OpenNetVM.Core.Diagnostics;
using OpenNetVM.Core.Management;
using OpenNetVM.Core.Ports;
using OpenNetVM.Core.Services;

namespace OpenNetVM.Benchmarks.Experiments.Paper;

/// <summary>E5, the paper's flexible steering: flows get their chain from a controller, load brings a second replica, an IDS diverts flows itself.</summary>
internal sealed class SteeringExperiment
{
    private const string Unit = "thousand packets/s";
    private const int Flows = 2_000;
    private const double PaperSecondsToFirstPacket = 0.52;
    private const double LightLoad = 40_000;
    private const double HeavyLoad = 90_000;

    private readonly ExperimentSettings _settings;
    private readonly SteeringLab _lab = new();
    private readonly RampPort _port;
    private readonly NfManager _manager;
    private readonly ServiceId _inspection;
    private readonly ChainId _inspected;
    private readonly List<ExperimentPoint> _points = [];
    private readonly List<ExperimentEvent> _events = [];
    private readonly Dictionary<InstanceId, long> _handled = [];
    private SteeringController? _controller;
    private long _begin;
    private long _lastSample;

    private SteeringExperiment(ExperimentSettings settings, RampPort port)
    {
        _settings = settings;
        _port = port;
        NfManagerBuilder builder = new();
        builder.AddWorker("io", settings.Core);
        builder.AddWorker("functions", settings.FunctionCore);
        ServiceOptions placed = new() { Workers = ["functions"] };
        builder.AddPort(_port, "io");
        PortId exit = builder.AddPort(new NullPort());
        ServiceId sdn = builder.AddService("SDN", () => new FlowAskingFunction(() => _controller), placed);
        _inspection = builder.AddService("IDS", () => new InspectingFunction(_lab), placed);
        _lab.Scrubber = builder.AddService("scrubber", static () => new ScrubbingFunction(), placed);
        builder.DefaultChain = ServiceChain.Through(sdn).To(exit);
        _inspected = builder.AddChain(ServiceChain.Through(_inspection).To(exit));
        _lab.Diverted = builder.AddChain(ServiceChain.Through(_lab.Scrubber).To(exit));
        _manager = builder.Build();
    }

    /// <summary>Runs the time line once: its value is the order of events, not a median.</summary>
    internal static async Task<ExperimentResult> RunAsync(ExperimentSettings settings)
    {
        // The platform disposes it.
        RampPort port = new(new GeneratorPortOptions { Flows = Flows, StampTime = false, Sizes = FrameSizes.Fixed(128) }, mostAtOnce: 1_024);
        SteeringExperiment experiment = new(settings, port);
        await using (experiment._manager)
            return await experiment.RunTimeLineAsync();
    }

    private async Task<ExperimentResult> RunTimeLineAsync()
    {
        TimeSpan phase = TimeSpan.FromSeconds(_settings.Quick ? 0.2 : 1.5);
        _manager.Start();
        using SteeringController controller = new(_manager.Director, _inspected, lifetime: 2 * phase);
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
        InstanceId replica = _manager.StartInstance(_inspection);
        TimeSpan toFirstPacket = WaitForFirstPacket(replica, started);
        _events.Add(new ExperimentEvent(Elapsed(started) + PaperSecondsToFirstPacket, "paper: its first packet"));
        Sample(phase);
        Note("IDS begins to divert");
        _lab.Suspects = true;
        Sample(phase);
        Note("attack over, load falls");
        _lab.Suspects = false;
        _port.PacketsPerSecond = LightLoad;
        Sample(phase);

        int collections = allocations.Collections();
        _controller = null;
        await _manager.StopAsync();
        return Describe(_manager.GetStatistics(), controller.Answers, toFirstPacket, collections);
    }

    private ExperimentResult Describe(PlatformStatistics end, int answers, TimeSpan toFirstPacket, int collections)
    {
        long lost = end.Dropped - end.DroppedByReason[DropReason.ByFunction];
        if (end.Unaccounted != 0 || end.Held != 0 || lost != 0)
            throw new InvalidOperationException($"Packets were lost in the steering experiment: {end.ConservationLine}, {lost} dropped by nobody's wish.");
        ServiceReport Of(string name) => end.Services.Single(service => service.Name == name);
        if (Of("scrubber").Handled == 0 || Of("IDS").Handled == 0 || answers == 0)
            throw new InvalidOperationException("Nothing was steered in the steering experiment: no answer, no inspected or no diverted packet.");

        return new ExperimentResult
        {
            Name = "e5-steering",
            Title = "E5: flexible steering over time",
            Description = FormattableString.Invariant($"{Flows:N0} flows of 128-byte packets. The default chain leads through a function in the place of the SDN function, which asks a controller (a thread of this process) for each new flow; the answer, IDS and then port 1, goes into the flow director for {(_settings.Quick ? 0.4 : 3):0.#} s, and the flow's next packets go straight to the IDS. The IDS reads each packet {_lab.Patterns} times. During the attack it diverts one flow in sixteen to the scrubber by itself: it sets the flow's chain in the director, and the controller is not asked. One worker for RX and TX, one for all functions."),
            XLabel = "seconds",
            PlotUnit = Unit,
            HasTable = false,
            Points = _points,
            Events = _events,
            Notes =
            [
                FormattableString.Invariant($"The second replica handled its first packet {toFirstPacket.TotalMilliseconds:F2} ms after its start was asked for, under load. Paper: {1e3 * PaperSecondsToFirstPacket:F0} ms, for a process or a container; this one is an object on a worker that runs already, so the two figures stand for different things."),
                FormattableString.Invariant($"Packets handled: SDN {Of("SDN").Handled:N0}, IDS {Of("IDS").Handled:N0}, scrubber {Of("scrubber").Handled:N0}; {answers:N0} answers of the controller."),
                $"At the end: {end.ConservationLine}. All drops were the scrubber's; the run fails otherwise.",
                FormattableString.Invariant($"Garbage collections meanwhile: {collections}. What allocates is the controller's side and the sampling, not the packets' way."),
            ],
        };
    }

    private void Sample(TimeSpan phase)
    {
        TimeSpan step = phase / (_settings.Quick ? 4 : 15);
        long end = _lastSample + (long)(phase.TotalSeconds * Stopwatch.Frequency);
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
                _points.Add(new ExperimentPoint($"{instance.ServiceName}, instance {instance.Id.Value}", Elapsed(now), Unit, new Summary(rate, rate, rate)));
            }
        }
    }

    private TimeSpan WaitForFirstPacket(InstanceId instance, long started)
    {
        long first;
        for (int i = 0; !_lab.FirstPackets.TryGetValue(instance, out first); i++)
        {
            if (i == 10_000)
                throw new InvalidOperationException($"{instance} was started under load and got no packet for ten seconds.");
            Thread.Sleep(1);
        }

        return Stopwatch.GetElapsedTime(started, first);
    }

    private void Note(string text) => _events.Add(new ExperimentEvent(Elapsed(Stopwatch.GetTimestamp()), text));

    private double Elapsed(long timestamp) => Stopwatch.GetElapsedTime(_begin, timestamp).TotalSeconds;
}
