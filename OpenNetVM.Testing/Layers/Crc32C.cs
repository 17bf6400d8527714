using System.Numerics;

namespace OpenNetVM.Testing.Layers;

/// <summary>The checksum of SCTP: CRC-32C (Castagnoli), reflected, with all bits inverted before and after (RFC 9260 appendix A).</summary>
internal static class Crc32C
{
    public static uint Compute(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte value in bytes)
            crc = BitOperations.Crc32C(crc, value);
        return ~crc;
    }
}
