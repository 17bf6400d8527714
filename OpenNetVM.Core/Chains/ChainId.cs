using System.Globalization;

namespace OpenNetVM.Core.Chains;

/// <summary>Names a service chain of a platform. Replacing a chain's steps keeps its id.</summary>
/// <param name="Value">0 to 65,534; 0 is the default chain.</param>
public readonly record struct ChainId(ushort Value)
{
    /// <summary>The chain of every packet for which the flow director has no rule.</summary>
    public static readonly ChainId Default = new(0);

    /// <summary>For example "chain 3".</summary>
    public override string ToString() =>
        this == Default ? "default chain" : string.Create(CultureInfo.InvariantCulture, $"chain {Value}");
}
