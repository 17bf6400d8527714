using OpenNetVM.Benchmarks.Comparisons;

namespace OpenNetVM.Benchmarks.Experiments.Paper;

/// <summary>One measured value.</summary>
/// <param name="Series">The contender.</param>
/// <param name="X">Where it belongs on the horizontal axis.</param>
/// <param name="Unit">What the value counts.</param>
/// <param name="Value">Median and spread over the rounds.</param>
internal sealed record ExperimentPoint(string Series, double X, string Unit, Summary Value)
{
    /// <summary>Garbage collections within all measured windows together; null where there is no such thing (C).</summary>
    internal int? Collections { get; init; }

    /// <summary>Bytes allocated per packet, the most of any round; null for C.</summary>
    internal double? BytesPerPacket { get; init; }

    /// <summary>How long <see cref="Collections"/> were counted, all rounds together; 0 where nobody noted it.</summary>
    internal double Seconds { get; init; }

    /// <summary>How many rounds the value is of, where that is not all of them: see <see cref="LoadFigure.IsComparableWith"/>.</summary>
    internal int? Rounds { get; init; }
}
