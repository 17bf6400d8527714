namespace OpenNetVM.Benchmarks.Experiments.Paper;

/// <summary>What an experiment found out, ready to be written as CSV, Markdown and a picture.</summary>
internal sealed record ExperimentResult
{
    /// <summary>Stem of the files, for example "e1-chain-length".</summary>
    internal required string Name { get; init; }

    /// <summary>Heading of the page and the picture.</summary>
    internal required string Title { get; init; }

    /// <summary>What was done, in a few sentences.</summary>
    internal required string Description { get; init; }

    /// <summary>Name of the horizontal axis.</summary>
    internal required string XLabel { get; init; }

    /// <summary>The unit that the picture shows; points of other units are in the tables only.</summary>
    internal required string PlotUnit { get; init; }

    /// <summary>Everything measured.</summary>
    internal required IReadOnlyList<ExperimentPoint> Points { get; init; }

    /// <summary>The paper's figures and models.</summary>
    internal IReadOnlyList<ReferenceLine> Lines { get; init; } = [];

    /// <summary>What happened when.</summary>
    internal IReadOnlyList<ExperimentEvent> Events { get; init; } = [];

    /// <summary>Paragraphs behind the tables: assumptions, comparisons with the paper, what to mind.</summary>
    internal IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>Labels instead of numbers on the horizontal axis, for positions 0, 1, 2...</summary>
    internal IReadOnlyList<string>? XNames { get; init; }

    /// <summary>True for a vertical axis by powers of ten.</summary>
    internal bool Logarithmic { get; init; }

    /// <summary>False for points that are too many for a table in the page; the CSV has them.</summary>
    internal bool HasTable { get; init; } = true;
}
