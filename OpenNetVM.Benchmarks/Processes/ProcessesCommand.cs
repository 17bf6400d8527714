using System.Globalization;
using System.Text;
using OpenNetVM.Benchmarks.Comparisons;
using OpenNetVM.Benchmarks.Experiments.Paper;
using OpenNetVM.Benchmarks.Functions;
using OpenNetVM.Benchmarks.Processes.Kills;
using OpenNetVM.Core.Dataplane;

namespace OpenNetVM.Benchmarks.Processes;

/// <summary>What it costs to have network functions in processes and containers of their own, and what becomes of the packets when such processes are killed.</summary>
internal static class ProcessesCommand
{
    private const int UsualRounds = 11;
    private const int UsualKills = 1_000;
    private const int IdleProcesses = 50;
    private const int KillsPerLine = 50;

    private static readonly (string Name, NfForm? Form)[] Forms =
    [
        ("thread", null),
        ("native process", NfForm.Native),
        (".NET process", NfForm.Managed),
        ("container", NfForm.Container),
    ];

    /// <summary>Measures and prints.</summary>
    /// <param name="arguments">Number of rounds (default 11); or "kills", the number of kills (default 1,000), and a seed.</param>
    /// <returns>The program's exit code: 0, or 1 if something was lost that should not be.</returns>
    internal static async Task<int> RunAsync(IReadOnlyList<string> arguments)
    {
        bool kills = arguments is ["kills", ..];
        int[] numbers = [.. arguments.Skip(kills ? 1 : 0).Select(static number => int.Parse(number, CultureInfo.InvariantCulture))];
        Console.WriteLine(string.Join("; ", MachineDescription.Describe().Select(static line => $"{line.Name} {line.Value}")) + "\n");
        using NfPrograms programs = new();
        if (kills)
            return await KillAsync(programs, numbers.ElementAtOrDefault(0) is var count and > 0 ? count : UsualKills, numbers.ElementAtOrDefault(1));
        await MeasureAsync(programs, numbers.ElementAtOrDefault(0) is var rounds and > 0 ? rounds : UsualRounds);
        return 0;
    }

    private static async Task MeasureAsync(NfPrograms programs, int rounds)
    {
        ProcessFigures figures = new(programs, (Environment.ProcessorCount - 1, 0));
        (string Name, NfForm? Form)[] forms = [.. Forms.Where(static one => one.Form != NfForm.Container || NfPrograms.MissingContainers is null)];
        if (NfPrograms.MissingContainers is { } missing)
            Console.WriteLine($"Without containers: {missing}.\n");

        FigureTable starts = new("milliseconds", "from asking for an instance until it is ready", "until its first packet has come back");
        FigureTable trips = new("microseconds", "median", "99%");
        FigureTable requests = new("microseconds", "median", "99%");
        for (int round = -1; round < rounds; round++)
        {
            // The first one compiles, and brings programs into the system's cache.
            bool counts = round >= 0;
            foreach ((string name, NfForm? form) in forms)
            {
                (double ready, double first) = await figures.StartAsync(form);
                if (counts)
                    starts.Add(name, ready, first);
            }

            foreach ((string name, NfForm? form) in forms)
            {
                foreach (string idle in (string[])[NfIdle.Wait, NfIdle.Spin])
                {
                    double[] each = await figures.RoundTripsAsync(form, idle);
                    if (counts)
                        trips.Add($"{name}, {(idle == NfIdle.Wait ? "asleep" : "spinning")}", Percentile(each, 0.5), Percentile(each, 0.99));
                }
            }

            foreach ((string name, NfForm? form) in forms)
            {
                double[] each = await figures.RequestsAsync(form);
                if (counts)
                    requests.Add(name, Percentile(each, 0.5), Percentile(each, 0.99));
            }
        }

        (double[] shares, double manager) = await figures.IdleAsync(IdleProcesses, TimeSpan.FromSeconds(5));

        StringBuilder text = new();
        starts.Append(text, $"Starting an instance, {rounds} rounds");
        trips.Append(text, $"Round trip of one packet through the function, which has been idle for half a millisecond, 500 packets in each of {rounds} rounds");
        requests.Append(text, $"A function sets the chain of a flow and waits for the answer, 2,000 times in each of {rounds} rounds");
        text.Append(CultureInfo.InvariantCulture, $"{IdleProcesses} idle native processes that wait, for 5 seconds: each uses {100 * shares.Order().ElementAt(shares.Length / 2):F3}% of a core (median; the most {100 * shares.Max():F3}%), their manager, which waits as well, {100 * manager:F2}%.\n");
        Console.Write(text);
    }

    private static async Task<int> KillAsync(NfPrograms programs, int kills, int seed)
    {
        KillOptions options = new()
        {
            Kills = kills,
            Launch = programs.Launch(NfForm.Native, nameof(SigningFunction), NfIdle.Wait, core: 0),
            Core = Environment.ProcessorCount - 1,
            Idle = IdleStrategy.Spin,
            Seed = seed > 0 ? seed : Random.Shared.Next(1, int.MaxValue),
            Progress = ShowProgress,
        };
        Console.WriteLine($"One of two replicas in native processes is killed (SIGKILL) at random moments under full load and started again; seed {options.Seed}.\n");
        int exitCode = 0;
        foreach ((string name, KillOptions one) in ((string, KillOptions)[])[
            ("a source that waits for room", options),
            ("a source that does not wait", options with { SourceWaits = false, Kills = Math.Max(1, kills / 10) })])
        {
            KillResult result = await KillSoak.RunAsync(one);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{result.Kills:N0} kills, {name}, {result.Elapsed.TotalSeconds:F0} s, {result.Flows:N0} flows: {result.End.ConservationLine}. Of the dropped, {result.Held:N0} were in the hands of killed processes (at most {result.MostHeld} of one), {result.Refused:N0} were refused by full rings. {result.Missing:N0} packets did not come back, {result.Duplicates} came twice, {result.Strays} left a process that lived. From the signal until the instance got no more packets: {Text(result.NoticedMilliseconds)} ms, {result.NoticedLate} of them more than 10; until another process ran: {Text(result.ReplacedMilliseconds)} ms (median, least-greatest)."));
            foreach (string problem in result.Problems())
            {
                Console.WriteLine($"Wrong: {problem}.");
                exitCode = 1;
            }
        }

        return exitCode;
    }

    // Not among the results: a run of a thousand takes minutes.
    private static void ShowProgress(int kills)
    {
        if (kills % KillsPerLine == 0)
            Console.Error.WriteLine($"{DateTime.UtcNow:HH:mm:ss} {kills:N0} kills");
    }

    private static string Text(Summary summary) => FormattableString.Invariant($"{summary.Median:F2} ({summary.Minimum:F2}-{summary.Maximum:F2})");

    private static double Percentile(double[] values, double part) => values.Order().ElementAt((int)(part * (values.Length - 1)));
}
