namespace OpenNetVM.Core.Captures;

/// <summary>Turns the time stamps of one pcapng interface (if_tsresol, if_tsoffset) into nanoseconds since the Unix epoch. Immutable.</summary>
internal readonly struct TimestampScale
{
    // 10^38 is the largest power of ten in a UInt128; a 64-bit count of anything finer than 10^-28 s is less than a nanosecond.
    private const int FinestPowerOfTen = 28;

    private readonly UInt128 _multiplier;
    private readonly UInt128 _divisor;
    private readonly int _shift;
    private readonly Int128 _offset;
    private readonly bool _plain;

    /// <summary>Makes the scale.</summary>
    /// <param name="resolution">if_tsresol: a negative power of 10, or of 2 where the top bit is set.</param>
    /// <param name="offsetSeconds">if_tsoffset.</param>
    public TimestampScale(byte resolution, long offsetSeconds)
    {
        int power = resolution & 0x7F;
        _multiplier = 1;
        _divisor = 1;
        _offset = (Int128)offsetSeconds * 1_000_000_000;
        if ((resolution & 0x80) != 0)
        {
            _multiplier = 1_000_000_000;
            _shift = power;
        }
        else if (power <= 9)
        {
            _multiplier = PowerOfTen(9 - power);
        }
        else
        {
            _divisor = PowerOfTen(Math.Min(power, FinestPowerOfTen + 1) - 9);
        }

        _plain = _shift == 0 && _divisor == 1 && offsetSeconds == 0;
    }

    /// <summary>Microseconds, no offset: what an interface without options has.</summary>
    public static TimestampScale Default => new(6, 0);

    /// <summary>Nanoseconds since the epoch, limited to what fits into the type.</summary>
    public long ToNanoseconds(ulong ticks)
    {
        // The common case without 128-bit division: a decimal resolution no finer than nanoseconds, and a time that fits.
        if (_plain && Math.BigMul(ticks, (ulong)_multiplier, out ulong low) == 0 && low <= long.MaxValue)
            return (long)low;

        UInt128 scaled = _shift != 0 ? (ticks * _multiplier) >> _shift : ticks * _multiplier / _divisor;
        Int128 nanoseconds = (Int128)scaled + _offset;
        return nanoseconds > long.MaxValue ? long.MaxValue
            : nanoseconds < long.MinValue ? long.MinValue
            : (long)nanoseconds;
    }

    private static UInt128 PowerOfTen(int power)
    {
        UInt128 value = 1;
        for (int i = 0; i < power; i++)
            value *= 10;
        return value;
    }
}
