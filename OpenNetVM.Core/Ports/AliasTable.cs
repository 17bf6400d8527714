using System.Runtime.CompilerServices;

namespace OpenNetVM.Core.Ports;

/// <summary>
/// Immutable. Picks from a discrete distribution in constant time, whatever its shape (A. J. Walker's alias method, in M. D. Vose's form, 1991):
/// every column holds one outcome and an alias, and a threshold between them.
/// </summary>
internal sealed class AliasTable
{
    // Threshold in the low half, alias in the high: one memory access a pick.
    private readonly ulong[] _columns;

    /// <summary>Makes the table.</summary>
    /// <param name="weights">Positive weights of the outcomes; not empty.</param>
    public AliasTable(List<double> weights)
    {
        int count = weights.Count;
        _columns = GC.AllocateUninitializedArray<ulong>(count, pinned: true);
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

    /// <summary>The column that 64 random bits fall into, to be fetched ahead of <see cref="Pick"/>.</summary>
    public ref readonly ulong ColumnOf(ulong random) => ref _columns[Scale(random, _columns.Length)];

    /// <summary>An outcome for 64 random bits.</summary>
    public int Pick(ulong random)
    {
        int index = Scale(random, _columns.Length);
        ulong column = _columns[index];
        return (uint)random <= (uint)column ? index : (int)(column >> 32);
    }

    /// <summary>The upper half of 64 random bits as a number below <paramref name="count"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Scale(ulong random, int count) => (int)(((random >> 32) * (uint)count) >> 32);

    private void Set(int column, double share, int alias) =>
        _columns[column] = (uint)Math.Min(uint.MaxValue, share * 4_294_967_296.0) | ((ulong)(uint)alias << 32);
}
