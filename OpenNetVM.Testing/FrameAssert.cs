using OpenNetVM.Core.Packets;

namespace OpenNetVM.Testing;

/// <summary>Compares frames byte by byte and shows the first difference. Stateless; any thread may call any member.</summary>
public static class FrameAssert
{
    /// <summary>Asserts that two frames have the same bytes.</summary>
    /// <param name="expected">The frame that was wanted.</param>
    /// <param name="actual">The frame that came.</param>
    /// <exception cref="TestAssertionException">They differ; the message describes both and shows the first differing byte in its surroundings.</exception>
    public static void Equal(ReadOnlySpan<byte> expected, ReadOnlySpan<byte> actual)
    {
        if (!expected.SequenceEqual(actual))
            throw new TestAssertionException(Difference(expected, actual));
    }

    /// <summary>Asserts that a packet's frame has the bytes of <paramref name="expected"/>.</summary>
    /// <inheritdoc cref="Equal(ReadOnlySpan{byte}, ReadOnlySpan{byte})"/>
    public static void Equal(ReadOnlySpan<byte> expected, Packet actual) => Equal(expected, actual.Data);

    /// <summary>Asserts that a frame is the one that a builder makes.</summary>
    /// <inheritdoc cref="Equal(ReadOnlySpan{byte}, ReadOnlySpan{byte})"/>
    public static void Equal(PacketBuilder expected, ReadOnlySpan<byte> actual)
    {
        ArgumentNullException.ThrowIfNull(expected);
        Equal(expected.Build(), actual);
    }

    internal static string Difference(ReadOnlySpan<byte> expected, ReadOnlySpan<byte> actual)
    {
        int at = expected.CommonPrefixLength(actual);
        string what = at < expected.Length && at < actual.Length
            ? $"The frames differ first at byte {at}: 0x{expected[at]:x2} was expected, 0x{actual[at]:x2} found"
            : $"The frames are the same up to byte {at}, where the {(at == actual.Length ? "actual" : "expected")} one ends ({expected.Length} bytes were expected, {actual.Length} found)";
        return $"{what}.\n  expected   {FrameText.Describe(expected)}\n  actual     {FrameText.Describe(actual)}\n{FrameText.HexDifference(expected, actual)}";
    }
}
