namespace OpenNetVM.Benchmarks.Experiments.Paper;

/// <summary>Something that happened at a time, for a picture over time.</summary>
/// <param name="X">When.</param>
/// <param name="Text">What.</param>
internal sealed record ExperimentEvent(double X, string Text);
