using System.Globalization;

namespace OpenNetVM.Core.Ports;

/// <summary>
/// How long generated frames are. Sizes are the bytes of a frame as it lies in memory: from the Ethernet header on, without the 4 bytes of FCS
/// that the wire adds. Immutable, safe to share.
/// </summary>
public sealed class FrameSizes
{
    /// <summary>The smallest size that can be asked for: Ethernet's 64 bytes less the FCS.</summary>
    public const int SmallestAllowed = 60;

    /// <summary>The largest size that can be asked for.</summary>
    public const int LargestAllowed = 65_535;

    private readonly string _description;

    // Share i is picked when 32 random bits are at most _thresholds[i] and more than the one before; the last is all ones.
    private readonly uint[] _thresholds;
    private readonly int[] _least;
    private readonly int[] _most;

    private FrameSizes(string description, ReadOnlySpan<(double Share, int Least, int Most)> parts)
    {
        if (parts.IsEmpty)
            throw new ArgumentException("A mix of frame sizes needs at least one part.", nameof(parts));
        _description = description;
        _thresholds = new uint[parts.Length];
        _least = new int[parts.Length];
        _most = new int[parts.Length];
        double total = 0;
        foreach ((double share, int least, int most) in parts)
        {
            if (!(share > 0) || double.IsInfinity(share))
                throw new ArgumentOutOfRangeException(nameof(parts), share, "The shares of a mix of frame sizes must be positive numbers.");
            ArgumentOutOfRangeException.ThrowIfLessThan(least, SmallestAllowed, nameof(least));
            ArgumentOutOfRangeException.ThrowIfGreaterThan(most, LargestAllowed, nameof(most));
            ArgumentOutOfRangeException.ThrowIfLessThan(most, least, nameof(most));
            total += share;
        }

        double sum = 0;
        Smallest = int.MaxValue;
        for (int i = 0; i < parts.Length; i++)
        {
            (double share, int least, int most) = parts[i];
            sum += share / total;
            _thresholds[i] = i == parts.Length - 1 ? uint.MaxValue : (uint)Math.Min(uint.MaxValue, sum * 4_294_967_296.0);
            _least[i] = least;
            _most[i] = most;
            Smallest = Math.Min(Smallest, least);
            Largest = Math.Max(Largest, most);
            Mean += share / total * (least + most) / 2;
        }
    }

    /// <summary>
    /// The sizes of the HTTP trace of the paper's figure 4: 44.3% of 64 bytes, 18.5% of 65 to 1,023, 37.2% of 1,024 to 1,518, evenly spread
    /// within each range.
    /// </summary>
    public static FrameSizes HttpMix { get; } = new("HTTP mix", [(44.3, 64, 64), (18.5, 65, 1023), (37.2, 1024, 1518)]);

    /// <summary>The shortest frame.</summary>
    public int Smallest { get; }

    /// <summary>The longest frame.</summary>
    public int Largest { get; }

    /// <summary>The average in bytes.</summary>
    public double Mean { get; }

    /// <summary>True where all frames are equally long.</summary>
    internal bool IsFixed => Smallest == Largest;

    /// <summary>Every frame has <paramref name="size"/> bytes.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The size is not 60 to 65,535.</exception>
    public static FrameSizes Fixed(int size) => new(string.Create(CultureInfo.InvariantCulture, $"{size}"), [(1, size, size)]);

    /// <summary>Every size of the range is equally likely.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A size is not 60 to 65,535, or the range is empty.</exception>
    public static FrameSizes Uniform(int least, int most) => new(string.Create(CultureInfo.InvariantCulture, $"{least}-{most}"), [(1, least, most)]);

    /// <summary>Several ranges, each with its share of the frames.</summary>
    /// <param name="parts">Shares in any unit (they need not add up to 1 or 100), and the ranges.</param>
    /// <exception cref="ArgumentException">There is no part, a share is not positive, a size is not 60 to 65,535, or a range is empty.</exception>
    public static FrameSizes Mix(params ReadOnlySpan<(double Share, int Least, int Most)> parts) => new("mix", parts);

    /// <summary>For example "64", "65-1023" or "HTTP mix".</summary>
    public override string ToString() => _description;

    /// <summary>A size for 64 random bits.</summary>
    internal int Pick(ulong random)
    {
        uint part = (uint)random;
        int i = 0;
        while (part > _thresholds[i])
            i++;
        uint span = (uint)(_most[i] - _least[i] + 1);
        return _least[i] + (int)(((random >> 32) * span) >> 32);
    }
}
