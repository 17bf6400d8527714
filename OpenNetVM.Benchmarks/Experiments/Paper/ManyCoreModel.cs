namespace OpenNetVM.Benchmarks.Experiments.Paper;

/// <summary>What a host with a core for every thread would do, from what one and two cores did. A straight line each, and nothing more.</summary>
/// <param name="Port">Nanoseconds per packet for taking it from a port and giving it back to one, on one core.</param>
/// <param name="Hop">Nanoseconds per packet for one more function, its TX included, on one core.</param>
/// <param name="RemoteHop">The same where the function has another core than TX: time of the busier of the two, with all lines that move between them.</param>
internal sealed record ManyCoreModel(double Port, double Hop, double RemoteHop)
{
    /// <summary>The three layouts of the paper's figure 4: how many RX threads, TX threads, NFs in a row, and parallel chains of them.</summary>
    internal static IReadOnlyList<Layout> PaperLayouts { get; } = [new(1, 1, 1, 1), new(2, 2, 1, 2), new(2, 5, 5, 1)];

    /// <summary>Fits straight lines by least squares.</summary>
    internal static ManyCoreModel Fit(IReadOnlyList<double> lengths, IReadOnlyList<double> oneCore, IReadOnlyList<double> twoCores)
    {
        (double port, double hop) = Line(lengths, oneCore);
        (double remotePort, double remoteHop) = Line(lengths, twoCores);

        // What the line for two cores starts higher with is the move of a packet's own lines to the other core. It is paid once there, but at every
        // function where each has a core. Noise must make neither part less than nothing.
        double move = Math.Max(0, remotePort - port);
        return new ManyCoreModel(Math.Max(1, port), Math.Max(0, hop), Math.Max(1, Math.Max(0, remoteHop) + move));
    }

    /// <summary>Nanoseconds per packet of the stage that limits a layout.</summary>
    internal double Predict(Layout layout) =>
        Math.Max(Port / layout.Receivers, Math.Max(RemoteHop * layout.Length / layout.Transmitters, RemoteHop / layout.Chains));

    /// <summary>Assumptions and results, for people.</summary>
    internal IEnumerable<string> Describe(double meanBytes)
    {
        yield return FormattableString.Invariant($"**Model, not measurement.** Least-squares lines through the least times of each chain: on one core {Port:F1} ns per packet for the port's two sides and {Hop:F1} ns for each function with its TX; {RemoteHop:F1} ns for each function on a core that its packets were not on before: what another function costs the busier of two cores, and what the two-core line starts higher with, which is the move of a packet to the other core.");
        yield return "Assumptions: every thread has a core of its own; RX takes all of the port's cost, although it is TX that gives packets back; a TX thread takes as long for a hop as the busier core of the two-core figure does; functions do nothing but read a byte; RX and TX threads share their work evenly; memory, caches shared between cores and NICs limit nothing. The slowest stage sets the rate. The last makes the model optimistic, most of all where it says more than memory and NICs can carry; the second and third make it pessimistic.";
        foreach (Layout layout in PaperLayouts)
        {
            double ns = Predict(layout);
            yield return FormattableString.Invariant($"Predicted for {layout}: {1e3 / ns:F1} million packets/s, {8 * meanBytes / ns:F0} Gbit/s, {1e3 * layout.Length / ns:F0} million hops/s.");
        }
    }

    private static (double Intercept, double Slope) Line(IReadOnlyList<double> x, IReadOnlyList<double> y)
    {
        double meanX = x.Average();
        double meanY = y.Average();
        double slope = x.Zip(y, (a, b) => (a - meanX) * (b - meanY)).Sum() / x.Sum(a => (a - meanX) * (a - meanX));
        return (meanY - (slope * meanX), slope);
    }

    /// <summary>Threads of a host.</summary>
    internal sealed record Layout(int Receivers, int Transmitters, int Length, int Chains)
    {
        /// <inheritdoc/>
        public override string ToString() => FormattableString.Invariant($"{Receivers} RX, {Transmitters} TX, {(Chains > 1 ? $"{Chains} functions side by side" : $"{Length} in a row")}");
    }
}
