namespace OpenNetVM.Core.Ports;

/// <summary>
/// Immutable. Picks from a discrete distribution in constant time, whatever its shape (A. J. Walker's alias method, in M. D. Vose's form, 1991):
/// every column holds one outcome and an alias, and a threshold between them.
/// </summary>
internal sealed class AliasTable
{
    private readonly uint[] _thresholds;
    private readonly int[] _aliases;

    /// <summary>Makes the table.</summary>
    /// <param name="weights">Positive weights of the outcomes; not empty.</param>
    public AliasTable(List<double> weights)
    {
        int count = weights.Count;
        _thresholds = new uint[count];
        _aliases = new int[count];
        double mean = weights.Sum() / count;
        double[] scaled = [.. weights.Select(weight => weight / mean)];
        Stack<int> small = new();
        Stack<int> large = new();
        for (int i = count - 1; i >= 0; i--)
            (scaled[i] < 1 ? small : large).Push(i);

        while (small.Count > 0 && large.Count > 0)
        {
            int low = small.Pop();
            int high = large.Peek();
            Set(low, scaled[low], high);
            scaled[high] -= 1 - scaled[low];
            if (scaled[high] < 1)
                small.Push(large.Pop());
        }

        // What rounding left over is full columns.
        foreach (int i in small.Concat(large))
            Set(i, 1, i);
    }

    /// <summary>An outcome for 64 random bits.</summary>
    public int Pick(ulong random)
    {
        int column = (int)(((random >> 32) * (uint)_thresholds.Length) >> 32);
        return (uint)random <= _thresholds[column] ? column : _aliases[column];
    }

    private void Set(int column, double share, int alias)
    {
        _thresholds[column] = (uint)Math.Min(uint.MaxValue, share * 4_294_967_296.0);
        _aliases[column] = alias;
    }
}
