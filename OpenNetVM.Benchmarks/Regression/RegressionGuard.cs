using System.Globalization;

namespace OpenNetVM.Benchmarks.Regression;

/// <summary>
/// Measures this checkout and another commit in turn, each by its own program, and says which figures differ by more than the noise. On a machine whose
/// speed drifts, a figure of today and one of last week cannot be compared; two that were taken a minute apart, again and again, can.
/// </summary>
internal static class RegressionGuard
{
    private const int Refused = 2;

    // What is not ours, and is the same code on both sides as long as nobody changes it: whatever it differs by is noise.
    private static readonly string[] Rivals = ["C ", "rte_", "Dictionary", "ConcurrentDictionary"];

    /// <summary>Compares and prints.</summary>
    /// <param name="arguments">"--against", a commit, and what <see cref="RegressionOptions.Usage"/> says.</param>
    /// <returns>0; 1 for a figure above --fail-above; 2 if nothing could be compared.</returns>
    internal static int Run(IReadOnlyList<string> arguments)
    {
        if (RegressionOptions.Parse(arguments, out string fault) is not { } options)
            return Refuse($"{fault}.{Environment.NewLine}{RegressionOptions.Usage}");
        string root = Environment.CurrentDirectory;
        ChildProgram commit = ChildProgram.Run("git", ["-C", root, "rev-parse", "--verify", options.Commit + "^{commit}"]);
        if (commit.ExitCode != 0)
            return Refuse($"git knows no commit '{options.Commit}' in {root}: {commit.Error.Trim()}");

        string there = commit.Output.Trim();
        bool changed = ChildProgram.Run("git", ["-C", root, "status", "--porcelain", "--untracked-files=no"]).Output.Length > 0;
        Console.WriteLine($"this checkout ({Describe(root, "HEAD")}{(changed ? ", with changes that are not committed" : "")})");
        Console.WriteLine($"against {Describe(root, there)}; {options.Rounds} rounds, {string.Join(", ", options.Measurements.Select(static one => $"'{one}'"))}");

        // Ctrl-C reaches the program that is measuring as well; this one goes on to remove the worktree.
        bool interrupted = false;
        Console.CancelKeyPress += (_, signal) => signal.Cancel = interrupted = true;
        try
        {
            using CommitCheckout checkout = new(root, there);
            return Compare(options, new MeasuredSide("this checkout", root), new MeasuredSide(options.Commit, checkout.Root), () => interrupted);
        }
        catch (InvalidOperationException refusal)
        {
            return Refuse(refusal.Message);
        }
    }

    private static int Compare(RegressionOptions options, MeasuredSide here, MeasuredSide there, Func<bool> isInterrupted)
    {
        List<string> notes = [];
        int compared = 0;
        bool failed = false;
        foreach (string measurement in options.Measurements)
        {
            List<(IReadOnlyDictionary<string, double> Here, IReadOnlyDictionary<string, double> There)> rounds = [];
            for (int round = 0; round < options.Rounds; round++)
            {
                Console.Error.WriteLine($"{measurement}: round {round + 1} of {options.Rounds}");

                // In turn, and who is first changes: A B, B A, A B...
                MeasuredSide first = round % 2 == 0 ? there : here;
                IReadOnlyDictionary<string, double> one = first.Measure(measurement, out string fault);
                IReadOnlyDictionary<string, double> other = one;
                if (fault.Length == 0)
                    other = (first == here ? there : here).Measure(measurement, out fault);
                if (isInterrupted())
                    return Refuse("Interrupted.");
                if (fault.Length > 0)
                {
                    // What one side cannot measure now it cannot in the next round.
                    notes.Add(fault);
                    break;
                }

                rounds.Add(first == here ? (one, other) : (other, one));
            }

            if (rounds.Count == 0)
                continue;
            (int figures, bool above) = Report(measurement, rounds, options, notes);
            compared += figures;
            failed |= above;
        }

        foreach (string note in notes)
            Console.WriteLine(note);
        if (compared == 0)
            return Refuse("Nothing could be compared.");
        return failed ? 1 : 0;
    }

    private static (int Compared, bool AboveLimit) Report(
        string measurement, List<(IReadOnlyDictionary<string, double> Here, IReadOnlyDictionary<string, double> There)> rounds, RegressionOptions options, List<string> notes)
    {
        string[] here = [.. rounds[0].Here.Keys.Where(name => rounds.All(round => round.Here.ContainsKey(name)))];
        string[] there = [.. rounds[0].There.Keys.Where(name => rounds.All(round => round.There.ContainsKey(name)))];
        if (here.Except(there).ToArray() is { Length: > 0 } added)
            notes.Add($"'{measurement}', not at {options.Commit}: {string.Join("; ", added)}.");
        if (there.Except(here).ToArray() is { Length: > 0 } gone)
            notes.Add($"'{measurement}', not in this checkout: {string.Join("; ", gone)}.");

        (string Name, FigureComparison Figure)[] compared = [.. here.Intersect(there).Select(name =>
            (name, new FigureComparison([.. rounds.Select(round => round.Here[name])], [.. rounds.Select(round => round.There[name])])))];
        Console.WriteLine();
        Console.WriteLine($"{measurement}, {rounds.Count} rounds, nanoseconds (medians), ratio above 1: this checkout is slower");
        Console.WriteLine();
        Console.WriteLine("| figure | at the commit | this checkout | ratio, median (min-max) | |");
        Console.WriteLine("|---|---|---|---|---|");
        bool failed = false;
        foreach ((string name, FigureComparison figure) in compared)
        {
            bool control = Rivals.Any(rival => name.StartsWith(rival, StringComparison.Ordinal) || name.Contains(": " + rival, StringComparison.Ordinal));
            bool above = !control && options.FailAbove is { } limit && figure.IsSlowerThan(limit);
            failed |= above;
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {name} | {figure.There.Median:F2} | {figure.Here.Median:F2} | {figure.Ratio.Median:F3} ({figure.Ratio.Minimum:F3}-{figure.Ratio.Maximum:F3}) | {Words(figure.Verdict)}{(control ? " (control: not ours)" : "")}{(above ? " ABOVE THE LIMIT" : "")} |"));
        }

        FigureComparison[] outside = [.. compared.Select(static one => one.Figure).Where(static figure => figure.Verdict is Verdict.Slower or Verdict.Faster)];
        Console.WriteLine();
        Console.WriteLine($"{compared.Length} figures, outside the noise {outside.Length}: {outside.Count(static figure => figure.Verdict == Verdict.Slower)} slower, {outside.Count(static figure => figure.Verdict == Verdict.Faster)} faster than at {options.Commit}.");
        return (compared.Length, failed);
    }

    private static string Words(Verdict verdict) => verdict switch
    {
        Verdict.Faster => "**faster**",
        Verdict.Slower => "**slower**",
        Verdict.WithinNoise => "within the noise",
        _ => "too few rounds",
    };

    private static string Describe(string root, string commit) => ChildProgram.Run("git", ["-C", root, "log", "-1", "--format=%h %s", commit]).Output.Trim();

    private static int Refuse(string reason)
    {
        Console.Error.WriteLine(reason);
        return Refused;
    }
}
