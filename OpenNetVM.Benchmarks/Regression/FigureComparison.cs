using OpenNetVM.Benchmarks.Comparisons;

namespace OpenNetVM.Benchmarks.Regression;

/// <summary>One figure, measured round by round at this checkout and at the other commit, a pair at a time.</summary>
/// <remarks>
/// A difference is outside the noise when both hold: so many rounds agree on its direction that chance alone would do the same once in 14 times at most
/// (sign test, 7 %; with five rounds all of them), and the median ratio is further from 1 than what either side by itself typically changes by from one
/// round to the next, and than one per cent.
/// </remarks>
internal sealed class FigureComparison
{
    private const double Chance = 0.07;
    private const double Least = 0.01;

    private readonly double[] _ratios;
    private readonly double _noise;

    /// <param name="here">Times of this checkout.</param>
    /// <param name="there">Times of the other commit, of the same rounds.</param>
    /// <exception cref="ArgumentException">They are not as many, none, or not positive.</exception>
    internal FigureComparison(IReadOnlyList<double> here, IReadOnlyList<double> there)
    {
        if (here.Count == 0 || here.Count != there.Count || here.Concat(there).Any(static time => !(time > 0)))
            throw new ArgumentException($"Times are compared in pairs and are positive, but here are [{string.Join(", ", here)}] and there [{string.Join(", ", there)}].");
        _ratios = [.. here.Zip(there, static (mine, its) => mine / its)];
        double[] changes = [.. Changes(here), .. Changes(there)];
        _noise = Math.Max(Math.Log(1 + Least), changes.Length == 0 ? 0 : Summary.Of(changes).Median);
        Here = Summary.Of([.. here]);
        There = Summary.Of([.. there]);
        Ratio = Summary.Of(_ratios);
        Verdict = Judge();
    }

    /// <summary>Times of this checkout.</summary>
    internal Summary Here { get; }

    /// <summary>Times of the other commit.</summary>
    internal Summary There { get; }

    /// <summary>This checkout's time divided by the other's, round by round: above 1 this checkout is slower.</summary>
    internal Summary Ratio { get; }

    /// <summary>What follows.</summary>
    internal Verdict Verdict { get; }

    /// <summary>Whether this checkout is slower, outside the noise, by more than so many per cent at the median.</summary>
    internal bool IsSlowerThan(double percent) => Verdict == Verdict.Slower && Ratio.Median > 1 + (percent / 100);

    private Verdict Judge()
    {
        if (AllowedDissent(_ratios.Length) is not { } allowed)
            return Verdict.Undecided;
        bool slower = Ratio.Median > 1;
        int dissent = _ratios.Count(ratio => slower ? ratio <= 1 : ratio >= 1);
        if (dissent > allowed || Math.Abs(Math.Log(Ratio.Median)) <= _noise)
            return Verdict.WithinNoise;
        return slower ? Verdict.Slower : Verdict.Faster;
    }

    // How many of so many rounds may point the other way; null where not even full agreement says anything.
    private static int? AllowedDissent(int rounds)
    {
        int? allowed = null;
        double waysSoFar = 0;
        double ways = 1;
        for (int dissent = 0; dissent < rounds; dissent++)
        {
            waysSoFar += ways;
            if (2 * waysSoFar / Math.Pow(2, rounds) > Chance)
                return allowed;
            allowed = dissent;
            ways = ways * (rounds - dissent) / (dissent + 1);
        }

        return allowed;
    }

    private static IEnumerable<double> Changes(IReadOnlyList<double> times) => times.Zip(times.Skip(1), static (one, next) => Math.Abs(Math.Log(next / one)));
}
