using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace OpenNetVM.Core.Headers;

/// <summary>A 48-bit Ethernet address (EUI-48): a value, immutable, safe to share between threads.</summary>
/// <remarks>The text form is six pairs of hexadecimal digits; written with colons, read with colons, with dashes, or with neither.</remarks>
public readonly record struct MacAddress : IComparable<MacAddress>, ISpanFormattable, ISpanParsable<MacAddress>
{
    /// <summary>Bytes of an address.</summary>
    public const int Length = 6;

    private const int TextLength = 17;
    private const ulong Mask = 0xFFFF_FFFF_FFFF;
    private readonly ulong _value;

    /// <summary>Makes an address from a number: 0x0200_0000_0001 is 02:00:00:00:00:01.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The number has more than 48 bits.</exception>
    public MacAddress(ulong value)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, Mask);
        _value = value;
    }

    /// <summary>Makes an address from its six bytes in network order.</summary>
    /// <exception cref="ArgumentException">There are not exactly six bytes.</exception>
    public MacAddress(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Length)
            throw new ArgumentException($"A MAC address has {Length} bytes, but {bytes.Length} were given.", nameof(bytes));
        _value = Wire.U48(bytes, 0);
    }

    /// <summary>ff:ff:ff:ff:ff:ff.</summary>
    public static MacAddress Broadcast => new(Mask);

    /// <summary>The address as a number, first byte in the highest bits.</summary>
    public ulong Value => _value;

    /// <summary>Whether it is ff:ff:ff:ff:ff:ff.</summary>
    public bool IsBroadcast => _value == Mask;

    /// <summary>Whether it names a group (the lowest bit of the first byte); broadcast is a group too.</summary>
    public bool IsMulticast => (_value & 0x0100_0000_0000) != 0;

    /// <summary>Whether it was given out locally rather than by the maker of the hardware (the second lowest bit of the first byte).</summary>
    public bool IsLocallyAdministered => (_value & 0x0200_0000_0000) != 0;

    /// <summary>Writes the six bytes in network order; false, with nothing written, where the destination is shorter.</summary>
    public bool TryWriteBytes(Span<byte> destination)
    {
        if (destination.Length < Length)
            return false;
        Wire.U48(destination, 0, _value);
        return true;
    }

    /// <inheritdoc/>
    public int CompareTo(MacAddress other) => _value.CompareTo(other._value);

    /// <summary>Order of the addresses as numbers.</summary>
    public static bool operator <(MacAddress left, MacAddress right) => left._value < right._value;

    /// <summary>Order of the addresses as numbers.</summary>
    public static bool operator >(MacAddress left, MacAddress right) => left._value > right._value;

    /// <summary>Order of the addresses as numbers.</summary>
    public static bool operator <=(MacAddress left, MacAddress right) => left._value <= right._value;

    /// <summary>Order of the addresses as numbers.</summary>
    public static bool operator >=(MacAddress left, MacAddress right) => left._value >= right._value;

    /// <summary>For example "02:00:00:00:00:01".</summary>
    public override string ToString() => string.Create(TextLength, _value, static (span, value) => Write(value, span));

    /// <inheritdoc/>
    public string ToString(string? format, IFormatProvider? formatProvider) => ToString();

    /// <inheritdoc/>
    public bool TryFormat(Span<char> destination, out int charsWritten, ReadOnlySpan<char> format = default, IFormatProvider? provider = null)
    {
        if (destination.Length < TextLength)
        {
            charsWritten = 0;
            return false;
        }

        Write(_value, destination);
        charsWritten = TextLength;
        return true;
    }

    /// <summary>Reads an address.</summary>
    /// <exception cref="FormatException">The text is not an address.</exception>
    public static MacAddress Parse(string s, IFormatProvider? provider = null)
    {
        ArgumentNullException.ThrowIfNull(s);
        return Parse(s.AsSpan(), provider);
    }

    /// <summary>Reads an address.</summary>
    /// <exception cref="FormatException">The text is not an address.</exception>
    public static MacAddress Parse(ReadOnlySpan<char> s, IFormatProvider? provider = null) =>
        TryParse(s, provider, out MacAddress result)
            ? result
            : throw new FormatException($"\"{s}\" is not a MAC address: six pairs of hexadecimal digits are needed, as in 02:00:00:00:00:01.");

    /// <summary>Reads an address; false where the text is not one.</summary>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out MacAddress result) => TryParse(s.AsSpan(), provider, out result);

    /// <summary>Reads an address; false where the text is not one.</summary>
    public static bool TryParse(ReadOnlySpan<char> s, out MacAddress result) => TryParse(s, null, out result);

    /// <summary>Reads an address; false where the text is not one.</summary>
    public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out MacAddress result)
    {
        result = default;
        bool separated = s.Length == TextLength;
        if (!separated && s.Length != 2 * Length)
            return false;

        int step = separated ? 3 : 2;
        ulong value = 0;
        for (int i = 0; i < Length; i++)
        {
            if (!byte.TryParse(s.Slice(i * step, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte part))
                return false;
            if (separated && i > 0 && (s[(i * step) - 1] is not (':' or '-') || s[(i * step) - 1] != s[2]))
                return false;
            value = (value << 8) | part;
        }

        result = new(value);
        return true;
    }

    private static void Write(ulong value, Span<char> text)
    {
        const string Digits = "0123456789abcdef";
        for (int i = 0; i < Length; i++)
        {
            int part = (int)(value >> (8 * (Length - 1 - i))) & 0xFF;
            text[3 * i] = Digits[part >> 4];
            text[(3 * i) + 1] = Digits[part & 15];
            if (i < Length - 1)
                text[(3 * i) + 2] = ':';
        }
    }
}
