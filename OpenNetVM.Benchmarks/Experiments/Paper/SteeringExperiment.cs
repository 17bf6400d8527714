using OpenNetVM.Benchmarks.Functions;
using OpenNetVM.Benchmarks.Processes;
using OpenNetVM.Benchmarks.Sdn;
using OpenNetVM.OpenFlow;

namespace OpenNetVM.Benchmarks.Experiments.Paper;

/// <summary>E5, the paper's flexible steering: flows get their chain from a controller, load brings a second replica, an IDS diverts flows itself.</summary>
internal static class SteeringExperiment
{
    private const string Command = "POLICY_SERVICE=IDS POLICY_OUTPUT=2 osken-manager --ofp-listen-host 127.0.0.1 --ofp-tcp-listen-port PORT policy.py.";
    private const string Unit = "thousand packets/s";

    /// <summary>Runs the time line once with each form of the IDS: its value is the order of events, not a median.</summary>
    internal static async Task<ExperimentResult> RunAsync(ExperimentSettings settings)
    {
        using NfPrograms programs = new();
        List<(string Name, SteeringTimeLine Line)> runs = [("a thread", await RunAsync(settings, string.Empty, programs, null))];
        foreach ((string name, NfForm form) in settings.IsolatedForms)
            runs.Add(($"a {name}", await RunAsync(settings, $", a {name}", programs, form)));
        SteeringTimeLine first = runs[0].Line;
        SteeringTimeLine? controlled = ControllerProcess.MissingOsKen is null ? await RunControlledAsync(settings) : null;
        string paper = FormattableString.Invariant($"{1e3 * SteeringTimeLine.PaperSecondsToFirstPacket:F0} ms");
        return new ExperimentResult
        {
            Name = "e5-steering",
            Title = "E5: flexible steering over time",
            Description = FormattableString.Invariant($"{SteeringTimeLine.Flows:N0} flows of 128-byte packets. The default chain leads through a function in the place of the SDN function, which asks a controller (a thread of this process) for each new flow; the answer, IDS and then port 1, goes into the flow director for {(settings.Quick ? 0.4 : 3):0.#} s, and the flow's next packets go straight to the IDS. The IDS reads each packet {InspectingFunction.Patterns} times. During the attack it diverts one flow in sixteen to the scrubber by itself: it sets the flow's chain in the director, and the controller is not asked. One worker for RX and TX, one for all functions. The time line is run again with the IDS, both replicas, in processes and in containers of their own, on the functions' core. And with the SDN function itself and a real controller, samples/SdnController/policy.py on os-ken: {Command}"),
            XLabel = "seconds",
            PlotUnit = Unit,
            HasTable = false,
            Points = [.. runs.SelectMany(static run => run.Line.Points), .. controlled?.Points ?? []],
            Events = first.Events,
            Notes =
            [
                .. runs.Select(run => FormattableString.Invariant($"The second replica as {run.Name}: its first packet had left it {run.Line.ToFirstPacket.TotalMilliseconds:F1} ms after its start was asked for, under load. Paper: {paper}, for a process or a container.")),
                .. runs.Select(static run => FormattableString.Invariant($"IDS as {run.Name}: packets handled: SDN {run.Line.Handled("SDN"):N0}, IDS {run.Line.Handled("IDS"):N0}, scrubber {run.Line.Handled("scrubber"):N0}; {run.Line.Answers:N0} answers of the controller. At the end: {run.Line.End.ConservationLine}.")),
                "All drops were the scrubber's; a run fails otherwise. The dotted lines are the events of the run with threads; those of the others differ by hundredths of a second.",
                .. controlled is { Sdn: { } sdn } ? [Controlled(controlled, sdn)] : (string[])[$"Without a real controller: {ControllerProcess.MissingOsKen}."],
                .. settings.MissingForms.Select(static missing => $"Without containers: {missing}."),
                FormattableString.Invariant($"Garbage collections meanwhile, with threads: {first.Collections}. What allocates is the controller's side and the sampling, not the packets' way."),
            ],
        };
    }

    private static string Controlled(SteeringTimeLine line, SdnSwitchStatistics sdn) => FormattableString.Invariant($"With os-ken's policy: {sdn.PacketsIn:N0} packets were sent to the controller, {sdn.Installed:N0} flows installed, {sdn.Released:N0} packets waited and were let go by its answers; {sdn.Unanswered:N0} waited in vain and {sdn.Overflowed:N0} found no room to wait, and took the default chain past the IDS. Packets handled: SDN {line.Handled("SDN"):N0}, IDS {line.Handled("IDS"):N0}, scrubber {line.Handled("scrubber"):N0}. {line.Refused:N0} packets were not received while the SDN function was compiled. The second replica's first packet had left it {line.ToFirstPacket.TotalMilliseconds:F1} ms after its start was asked for. At the end: {line.End.ConservationLine}.");

    private static async Task<SteeringTimeLine> RunControlledAsync(ExperimentSettings settings)
    {
        using ControllerProcess controller = ControllerProcess.Policy("IDS", output: 2);
        SteeringTimeLine line = new(settings, Unit, ", os-ken's policy", launch: null, controller);
        await using (line)
            await line.RunAsync();
        return line;
    }

    private static async Task<SteeringTimeLine> RunAsync(ExperimentSettings settings, string suffix, NfPrograms programs, NfForm? form)
    {
        SteeringTimeLine line = new(settings, Unit, suffix, form is { } isolated ? programs.Launch(isolated, nameof(InspectingFunction), NfIdle.Wait, settings.FunctionCore) : null);
        await using (line)
            await line.RunAsync();
        return line;
    }
}
