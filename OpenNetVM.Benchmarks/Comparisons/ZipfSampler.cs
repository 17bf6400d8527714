namespace OpenNetVM.Benchmarks.Comparisons;

/// <summary>Draws 0 to count - 1 with frequencies proportional to 1, 1/2, 1/3..., by the cumulative distribution.</summary>
internal sealed class ZipfSampler
{
    private readonly double[] _cumulative;

    internal ZipfSampler(int count)
    {
        _cumulative = new double[count];
        double sum = 0;
        for (int i = 0; i < count; i++)
            _cumulative[i] = sum += 1.0 / (i + 1);
    }

    internal int Next(Random random)
    {
        int index = Array.BinarySearch(_cumulative, random.NextDouble() * _cumulative[^1]);
        return Math.Min(index < 0 ? ~index : index, _cumulative.Length - 1);
    }
}
