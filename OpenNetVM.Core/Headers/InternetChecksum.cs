using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace OpenNetVM.Core.Headers;

/// <summary>
/// The checksum of IPv4, TCP, UDP, ICMP and ICMPv6 (RFC 1071) and its incremental update (RFC 1624). All methods are pure, allocate nothing and may
/// be called from any thread. Checksums are numbers in host order, as the header views' <c>Checksum</c> properties have them.
/// </summary>
/// <remarks>
/// A partial sum is the ones' complement sum of 16-bit words, folded to at most 16 bits; partial sums may be added together (at most 65,536 of them)
/// before <see cref="Finish(uint)"/>. Only the last part may have an odd number of bytes.
/// </remarks>
public static class InternetChecksum
{
    /// <summary>The checksum of the bytes: what belongs in a checksum field that was zero while they were summed.</summary>
    public static ushort Compute(ReadOnlySpan<byte> bytes) => Finish(Sum(bytes));

    /// <summary>Whether bytes that include their checksum field sum up to what a right checksum gives.</summary>
    public static bool IsValid(ReadOnlySpan<byte> bytes) => Finish(Sum(bytes)) == 0;

    /// <summary>The partial sum of the bytes; an odd last byte is padded with zero on its right.</summary>
    public static uint Sum(ReadOnlySpan<byte> bytes) =>
        Vector256.IsHardwareAccelerated && bytes.Length >= 2 * Vector256<byte>.Count ? SumVector256(bytes)
        : Vector128.IsHardwareAccelerated && bytes.Length >= 2 * Vector128<byte>.Count ? SumVector128(bytes)
        : SumScalar(bytes);

    /// <summary>The checksum that a partial sum (or several added together) stands for.</summary>
    public static ushort Finish(uint sum)
    {
        sum = (ushort)sum + (sum >> 16);
        sum += sum >> 16;
        return (ushort)~sum;
    }

    /// <summary>The partial sum of the IPv4 pseudo-header of TCP and UDP (RFC 9293 section 3.1, RFC 768).</summary>
    /// <param name="source">Source address, host order.</param>
    /// <param name="destination">Destination address, host order.</param>
    /// <param name="protocol">IP protocol number.</param>
    /// <param name="length">Bytes of transport header and data.</param>
    public static uint PseudoHeader(uint source, uint destination, byte protocol, uint length) =>
        Fold((ulong)source + destination + protocol + length);

    /// <summary>The partial sum of the IPv6 pseudo-header of TCP, UDP and ICMPv6 (RFC 8200 section 8.1).</summary>
    /// <param name="source">Source address, host order.</param>
    /// <param name="destination">Destination address, host order (the final one where there is a routing header).</param>
    /// <param name="protocol">Protocol number of the transport header, behind any extension headers.</param>
    /// <param name="length">Bytes of transport header and data.</param>
    public static uint PseudoHeader(UInt128 source, UInt128 destination, byte protocol, uint length) =>
        Sum(source) + Sum(destination) + Fold((ulong)protocol + length);

    /// <summary>The checksum after one 16-bit word changed (RFC 1624, equation 3); equal to computing it again, without touching the other bytes.</summary>
    /// <param name="checksum">The checksum before.</param>
    /// <param name="from">The word before.</param>
    /// <param name="to">The word after.</param>
    public static ushort Update(ushort checksum, ushort from, ushort to) =>
        Finish((uint)(ushort)~checksum + (ushort)~from + to);

    /// <summary>The checksum after an aligned 32-bit field changed (RFC 1624, equation 3).</summary>
    /// <inheritdoc cref="Update(ushort, ushort, ushort)"/>
    public static ushort Update(ushort checksum, uint from, uint to) =>
        Finish((ushort)~checksum + Fold(~from) + Fold(to));

    /// <summary>The checksum after an aligned 128-bit field changed (RFC 1624, equation 3).</summary>
    /// <inheritdoc cref="Update(ushort, ushort, ushort)"/>
    public static ushort Update(ushort checksum, UInt128 from, UInt128 to) =>
        Finish((ushort)~checksum + Sum(~from) + Sum(to));

    /// <summary>The checksum as UDP sends it: a computed 0 goes out as 0xFFFF, because 0 in the field says "none" (RFC 768).</summary>
    public static ushort ForUdp(ushort checksum) => checksum == 0 ? (ushort)0xFFFF : checksum;

    internal static uint SumScalar(ReadOnlySpan<byte> bytes)
    {
        ulong sum = 0;
        ref byte start = ref MemoryMarshal.GetReference(bytes);
        int offset = 0;

        // The words are added in machine order and 32 bits at a time into 64: ones' complement addition does not mind either (RFC 1071 section 2).
        for (; bytes.Length - offset >= 8; offset += 8)
        {
            ulong word = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref start, offset));
            sum += (uint)word + (word >> 32);
        }

        return Finish(sum, bytes[offset..]);
    }

    internal static uint SumVector128(ReadOnlySpan<byte> bytes)
    {
        ref byte start = ref MemoryMarshal.GetReference(bytes);
        Vector128<ulong> low = default;
        Vector128<ulong> high = default;
        Vector128<ulong> mask = Vector128.Create((ulong)uint.MaxValue);
        int offset = 0;
        for (; bytes.Length - offset >= Vector128<byte>.Count; offset += Vector128<byte>.Count)
        {
            Vector128<ulong> words = Vector128.LoadUnsafe(ref start, (nuint)offset).AsUInt64();
            low += words & mask;
            high += words >>> 32;
        }

        return Finish(FoldMachine(Vector128.Sum(low)) + FoldMachine(Vector128.Sum(high)), bytes[offset..]);
    }

    internal static uint SumVector256(ReadOnlySpan<byte> bytes)
    {
        ref byte start = ref MemoryMarshal.GetReference(bytes);
        Vector256<ulong> low = default;
        Vector256<ulong> high = default;
        Vector256<ulong> mask = Vector256.Create((ulong)uint.MaxValue);
        int offset = 0;
        for (; bytes.Length - offset >= Vector256<byte>.Count; offset += Vector256<byte>.Count)
        {
            Vector256<ulong> words = Vector256.LoadUnsafe(ref start, (nuint)offset).AsUInt64();
            low += words & mask;
            high += words >>> 32;
        }

        return Finish(FoldMachine(Vector256.Sum(low)) + FoldMachine(Vector256.Sum(high)), bytes[offset..]);
    }

    // Adds the last bytes (fewer than a vector), folds, and turns machine order into network order by swapping the two bytes once.
    private static uint Finish(ulong sum, ReadOnlySpan<byte> tail)
    {
        ref byte start = ref MemoryMarshal.GetReference(tail);
        int offset = 0;
        for (; tail.Length - offset >= 4; offset += 4)
            sum += Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref start, offset));
        if (tail.Length - offset >= 2)
        {
            sum += Unsafe.ReadUnaligned<ushort>(ref Unsafe.Add(ref start, offset));
            offset += 2;
        }

        if (offset < tail.Length)
            sum += BitConverter.IsLittleEndian ? tail[offset] : (uint)tail[offset] << 8;
        uint folded = Fold(sum);
        return BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness((ushort)folded) : folded;
    }

    private static ulong FoldMachine(ulong sum) => (uint)sum + (sum >> 32);

    private static uint Sum(UInt128 value)
    {
        ulong high = (ulong)(value >> 64);
        ulong low = (ulong)value;
        return Fold((high >> 32) + (uint)high + (low >> 32) + (uint)low);
    }

    // To at most 16 bits: 64 -> 33 -> 32 + carry -> 17 -> 16 bits.
    private static uint Fold(ulong sum)
    {
        sum = (uint)sum + (sum >> 32);
        sum = (uint)sum + (sum >> 32);
        uint half = (ushort)sum + (uint)(sum >> 16);
        half = (ushort)half + (half >> 16);
        return (ushort)half + (half >> 16);
    }
}
