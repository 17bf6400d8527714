namespace OpenNetVM.Testing;

/// <summary>How <see cref="CaptureAssert"/> compares. Immutable.</summary>
public sealed record CaptureComparison
{
    /// <summary>In which order the frames are wanted. Default: exactly the same.</summary>
    public CaptureOrder Order { get; init; }

    /// <summary>
    /// How far the times of a frame may lie apart; null (the default) to leave times aside. Zero wants the same nanosecond. Frames that are given without
    /// times have time 0. Not used with <see cref="CaptureOrder.Any"/>.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The tolerance is negative.</exception>
    public TimeSpan? TimestampTolerance
    {
        get;
        init
        {
            if (value is { } tolerance)
                ArgumentOutOfRangeException.ThrowIfLessThan(tolerance, TimeSpan.Zero);
            field = value;
        }
    }

    internal static CaptureComparison Default { get; } = new();
}
