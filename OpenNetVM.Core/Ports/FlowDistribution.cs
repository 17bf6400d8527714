using System.Globalization;

namespace OpenNetVM.Core.Ports;

/// <summary>Which flow a generated packet belongs to.</summary>
public readonly record struct FlowDistribution
{
    private FlowDistribution(bool inTurn, double exponent)
    {
        IsRoundRobin = inTurn;
        Exponent = exponent;
    }

    /// <summary>Every flow is equally likely for every packet. The default.</summary>
    public static FlowDistribution Uniform => default;

    /// <summary>The flows take turns.</summary>
    public static FlowDistribution RoundRobin => new(inTurn: true, 0);

    /// <summary>True where the flows take turns.</summary>
    public bool IsRoundRobin { get; }

    /// <summary>The exponent of a Zipf distribution; 0 for the others.</summary>
    public double Exponent { get; }

    /// <summary>The flow of rank k (1, 2, 3...) gets a share of the packets proportional to 1/k^<paramref name="exponent"/>: few flows are most of the traffic.</summary>
    /// <param name="exponent">More than 0, at most 10; around 1 for Internet traffic.</param>
    /// <exception cref="ArgumentOutOfRangeException">The exponent is out of that range.</exception>
    public static FlowDistribution Zipf(double exponent)
    {
        if (!(exponent > 0 && exponent <= 10))
            throw new ArgumentOutOfRangeException(nameof(exponent), exponent, "The exponent of a Zipf distribution of flows must be more than 0 and at most 10.");
        return new(inTurn: false, exponent);
    }

    /// <summary>For example "uniform", "round robin" or "Zipf(1.1)".</summary>
    public override string ToString() =>
        IsRoundRobin ? "round robin" : Exponent == 0 ? "uniform" : string.Create(CultureInfo.InvariantCulture, $"Zipf({Exponent})");

    /// <summary>The share of the flow of the given rank (from 0), not normalised.</summary>
    internal double Weight(int rank) => Exponent == 0 ? 1 : Math.Pow(rank + 1, -Exponent);
}
