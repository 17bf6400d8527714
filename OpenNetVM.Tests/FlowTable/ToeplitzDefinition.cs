namespace OpenNetVM.Tests.FlowTable;

/// <summary>The Toeplitz hash bit by bit, as Microsoft defines it.</summary>
internal static class ToeplitzDefinition
{
    public static uint Compute(ReadOnlySpan<byte> key, ReadOnlySpan<byte> input)
    {
        uint hash = 0;
        for (int bit = 0; bit < input.Length * 8; bit++)
        {
            if ((input[bit / 8] & (0x80 >> (bit % 8))) == 0)
                continue;
            uint window = 0;
            for (int i = bit; i < bit + 32; i++)
                window = (window << 1) | (uint)((key[i / 8] >> (7 - (i % 8))) & 1);
            hash ^= window;
        }
        return hash;
    }
}
