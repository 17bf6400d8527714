using OpenNetVM.Benchmarks.Comparisons;

namespace OpenNetVM.Benchmarks.Experiments.Paper;

/// <summary>
/// Measures contenders at every position, one after the other, round after round, so that the machine's moods meet all of them; the order is turned
/// round from round to round.
/// </summary>
/// <param name="positions">Positions on the horizontal axis.</param>
/// <param name="contenders">Who takes part.</param>
/// <param name="lineTransfer">What a cache line's way from core to core costs, measured before and after each figure of two cores; null where there is but one.</param>
internal sealed class LoadSweep(IReadOnlyList<double> positions, IReadOnlyList<LoadContender> contenders, Func<double>? lineTransfer = null)
{
    private readonly Dictionary<(int Position, int Contender), List<LoadFigure>> _figures = [];

    private int _rounds;

    /// <summary>What a cache line's way from core to core cost, all that was measured; empty where no contender uses two cores.</summary>
    internal IReadOnlyList<double> Lines => [.. _figures.Values.SelectMany(static figures => figures).SelectMany(static figure => figure.Lines)];

    /// <summary>
    /// Measures everybody without counting it, so that the memory is there and the code is compiled: three times, as a method is replaced twice, by one
    /// that counts and by the optimised one; then a whole round, for the code that only longer chains or larger packets come to.
    /// </summary>
    internal async Task WarmUpAsync()
    {
        for (int pass = 0; pass < 3; pass++)
        {
            foreach (LoadContender contender in contenders)
                await contender.Measure(positions[0]);
        }

        foreach (double position in positions)
        {
            foreach (LoadContender contender in contenders)
                await contender.Measure(position);
        }
    }

    /// <summary>Measures everything so many times more.</summary>
    internal async Task RunAsync(int rounds)
    {
        for (int end = _rounds + rounds; _rounds < end; _rounds++)
        {
            for (int position = 0; position < positions.Count; position++)
            {
                for (int turn = 0; turn < contenders.Count; turn++)
                {
                    int contender = _rounds % 2 == 0 ? turn : contenders.Count - 1 - turn;
                    LoadFigure figure = await MeasureAsync(contenders[contender], positions[position]);
                    if (!_figures.TryGetValue((position, contender), out List<LoadFigure>? figures))
                        _figures.Add((position, contender), figures = []);
                    figures.Add(figure);
                }
            }
        }
    }

    /// <summary>What was measured, in a unit.</summary>
    /// <param name="unit">Name of the unit.</param>
    /// <param name="convert">From position and nanoseconds per packet.</param>
    internal IEnumerable<ExperimentPoint> Points(string unit, Func<double, double, double> convert)
    {
        for (int contender = 0; contender < contenders.Count; contender++)
        {
            for (int position = 0; position < positions.Count; position++)
            {
                List<LoadFigure> figures = _figures[(position, contender)];
                double x = positions[position];
                yield return new ExperimentPoint(contenders[contender].Name, x, unit, Summary.Of([.. figures.Select(figure => convert(x, figure.Nanoseconds))]))
                {
                    Collections = figures[0].Collections is null ? null : figures.Sum(static figure => figure.Collections ?? 0),
                    Seconds = figures.Sum(static figure => figure.Seconds),
                    BytesPerPacket = figures.Max(static figure => figure.BytesPerPacket),
                };
            }
        }
    }

    /// <summary>
    /// How many times as long a contender takes as another, round by round. Nothing where either does not take part, or where two cores were never
    /// the same distance apart for both.
    /// </summary>
    internal IEnumerable<ExperimentPoint> Ratios(string contender, string baseline)
    {
        int one = IndexOf(contender);
        int other = IndexOf(baseline);
        if (one < 0 || other < 0)
            yield break;
        for (int position = 0; position < positions.Count; position++)
        {
            List<LoadFigure> figures = _figures[(position, one)];
            double[] ratios = [.. figures.Zip(_figures[(position, other)])
                .Where(static pair => pair.First.IsComparableWith(pair.Second))
                .Select(static pair => pair.First.Nanoseconds / pair.Second.Nanoseconds)];
            if (ratios.Length > 0)
                yield return new ExperimentPoint($"{contender} / {baseline}", positions[position], "ratio of times", Summary.Of(ratios)) { Rounds = ratios.Length < figures.Count ? ratios.Length : null };
        }
    }

    /// <summary>Nanoseconds per packet of a contender, by position.</summary>
    internal Summary[] Nanoseconds(string contender)
    {
        int index = IndexOf(contender);
        return [.. positions.Select((_, position) => Summary.Of([.. _figures[(position, index)].Select(static figure => figure.Nanoseconds)]))];
    }

    private async Task<LoadFigure> MeasureAsync(LoadContender contender, double position)
    {
        if (!contender.TwoCores || lineTransfer is null)
            return await contender.Measure(position);
        double before = lineTransfer();
        LoadFigure figure = await contender.Measure(position);
        return figure with { Lines = [before, lineTransfer()] };
    }

    private int IndexOf(string contender) => contenders.ToList().FindIndex(one => one.Name == contender);
}
