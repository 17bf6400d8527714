using System.Buffers.Binary;
using System.Numerics;

namespace OpenNetVM.FlowTable.Internals;

/// <summary>CRC-32C (Castagnoli; RFC 3720, appendix B.4), which processors compute. Stateless.</summary>
internal static class Crc32C
{
    /// <summary>The checksum of what came before, continued over more bytes. The checksum of nothing is 0.</summary>
    internal static uint Append(uint checksum, ReadOnlySpan<byte> bytes)
    {
        uint crc = ~checksum;
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        foreach (byte one in bytes)
            crc = BitOperations.Crc32C(crc, one);
        return ~crc;
    }
}
