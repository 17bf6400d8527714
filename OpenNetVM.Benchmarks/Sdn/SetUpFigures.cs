namespace OpenNetVM.Benchmarks.Sdn;

/// <summary>How fast flows were set up, a figure for each round.</summary>
internal sealed class SetUpFigures
{
    internal List<double> Rates { get; } = [];

    internal List<double> Arrival { get; } = [];

    internal List<double> ArrivalWorst { get; } = [];

    internal List<double> Installed { get; } = [];

    internal List<double> InstalledWorst { get; } = [];

    internal void Add(double rate, double[] toArrival, double[] toInstalled)
    {
        Rates.Add(rate);
        Arrival.Add(Percentile(toArrival, 0.5));
        ArrivalWorst.Add(Percentile(toArrival, 0.99));
        Installed.Add(Percentile(toInstalled, 0.5));
        InstalledWorst.Add(Percentile(toInstalled, 0.99));
    }

    private static double Percentile(double[] values, double part) => values.Order().ElementAt((int)(part * (values.Length - 1)));
}

/// <summary>How fast known flows went beside something, a figure for each window.</summary>
internal sealed class KnownFigures
{
    private TimeSpan _elapsed;
    private TimeSpan _paused;
    private long _newFlows;

    /// <summary>Million packets a second.</summary>
    internal List<double> Rates { get; } = [];

    /// <summary>The same over that of the windows before and after, in which there was nothing beside.</summary>
    internal List<double> Ratios { get; } = [];

    /// <summary>New flows a second.</summary>
    internal double NewFlows => _newFlows / _elapsed.TotalSeconds;

    /// <summary>For how much of the time the garbage collector stopped all threads.</summary>
    internal double Paused => _paused / _elapsed;

    internal void Add(double rate, long newFlows, TimeSpan elapsed, TimeSpan paused)
    {
        Rates.Add(rate);
        _newFlows += newFlows;
        _elapsed += elapsed;
        _paused += paused;
    }
}
