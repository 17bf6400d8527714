using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace OpenNetVM.FlowTable.Internals;

/// <summary>
/// Eight keys of a burst, read so that a vector holds the same 32-bit word of each, in the order of the keys. Needs AVX2. Stateless.
/// </summary>
internal static class KeyBlock
{
    /// <summary>Keys in a block.</summary>
    internal const int Length = 8;

    /// <summary>The three words of input of eight keys from the given one on, as numbers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Words(ReadOnlySpan<Ipv4FlowKey> keys, int first, out Vector256<byte> source, out Vector256<byte> destination, out Vector256<byte> ports)
    {
        ref byte key = ref First(keys, first);
        Transpose(ref key, Unsafe.SizeOf<Ipv4FlowKey>(), out source, out destination, out ports, out _);

        // In memory the source port is the lower half.
        ports = SwapHalves(ports);
    }

    /// <summary>The four words of the source addresses of eight keys, as numbers, the one that comes first on the wire first.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void SourceWords(
        ReadOnlySpan<Ipv6FlowKey> keys, int first, out Vector256<byte> word0, out Vector256<byte> word1, out Vector256<byte> word2, out Vector256<byte> word3) =>
        Transpose(ref First(keys, first), Unsafe.SizeOf<Ipv6FlowKey>(), out word1, out word0, out word3, out word2);

    /// <summary>The four words of the destination addresses.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void DestinationWords(
        ReadOnlySpan<Ipv6FlowKey> keys, int first, out Vector256<byte> word0, out Vector256<byte> word1, out Vector256<byte> word2, out Vector256<byte> word3) =>
        Transpose(ref Unsafe.Add(ref First(keys, first), 16), Unsafe.SizeOf<Ipv6FlowKey>(), out word1, out word0, out word3, out word2);

    /// <summary>The ports of eight keys, the source port in the upper half.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector256<byte> Ports(ReadOnlySpan<Ipv6FlowKey> keys, int first)
    {
        // The last word of the 16 bytes that end with the key.
        Transpose(ref Unsafe.Add(ref First(keys, first), 24), Unsafe.SizeOf<Ipv6FlowKey>(), out _, out _, out _, out Vector256<byte> ports);
        return ports;
    }

    /// <summary>The exclusive or of all words of input of eight keys; which half of it a port is in is left open.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector256<byte> Fold(ReadOnlySpan<Ipv4FlowKey> keys, int first, bool withPorts)
    {
        Transpose(ref First(keys, first), Unsafe.SizeOf<Ipv4FlowKey>(), out Vector256<byte> source, out Vector256<byte> destination, out Vector256<byte> ports, out _);
        return withPorts ? source ^ destination ^ ports : source ^ destination;
    }

    /// <inheritdoc cref="Fold(ReadOnlySpan{Ipv4FlowKey}, int, bool)"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector256<byte> Fold(ReadOnlySpan<Ipv6FlowKey> keys, int first, bool withPorts)
    {
        SourceWords(keys, first, out Vector256<byte> word0, out Vector256<byte> word1, out Vector256<byte> word2, out Vector256<byte> word3);
        Vector256<byte> sum = word0 ^ word1 ^ word2 ^ word3;
        DestinationWords(keys, first, out word0, out word1, out word2, out word3);
        sum ^= word0 ^ word1 ^ word2 ^ word3;
        return withPorts ? sum ^ Ports(keys, first) : sum;
    }

    /// <summary>Exchanges the halves of every word.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector256<byte> SwapHalves(Vector256<byte> words) => Avx2.Shuffle(words, Vector256.Create(
        (byte)2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13));

    /// <summary>Exchanges the bytes of every half word.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector256<byte> SwapBytes(Vector256<byte> words) => Avx2.Shuffle(words, Vector256.Create(
        (byte)1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14));

    /// <summary>Exchanges the four bytes of every word, the first with the last.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector256<byte> ReverseBytes(Vector256<byte> words) => Avx2.Shuffle(words, Vector256.Create(
        (byte)3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12));

    /// <summary>Writes the hashes of eight keys.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Store(Vector256<byte> block, Span<uint> hashes, int first)
    {
        Debug.Assert(first >= 0 && first + Length <= hashes.Length);
        block.AsUInt32().StoreUnsafe(ref MemoryMarshal.GetReference(hashes), (nuint)(uint)first);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ref byte First<TKey>(ReadOnlySpan<TKey> keys, int first)
        where TKey : unmanaged
    {
        Debug.Assert(first >= 0 && first + Length <= keys.Length);
        return ref Unsafe.As<TKey, byte>(ref Unsafe.Add(ref MemoryMarshal.GetReference(keys), first));
    }

    // Column c of eight rows of four words becomes vector c. Rows i and i + 4 share a vector, so that both halves are transposed as 4 by 4 squares.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Transpose(
        ref byte row, int stride, out Vector256<byte> column0, out Vector256<byte> column1, out Vector256<byte> column2, out Vector256<byte> column3)
    {
        Vector256<uint> rows04 = Rows(ref row, 0, stride);
        Vector256<uint> rows15 = Rows(ref row, 1, stride);
        Vector256<uint> rows26 = Rows(ref row, 2, stride);
        Vector256<uint> rows37 = Rows(ref row, 3, stride);
        Vector256<ulong> left01 = Avx2.UnpackLow(rows04, rows15).AsUInt64();
        Vector256<ulong> left23 = Avx2.UnpackLow(rows26, rows37).AsUInt64();
        Vector256<ulong> right01 = Avx2.UnpackHigh(rows04, rows15).AsUInt64();
        Vector256<ulong> right23 = Avx2.UnpackHigh(rows26, rows37).AsUInt64();
        column0 = Avx2.UnpackLow(left01, left23).AsByte();
        column1 = Avx2.UnpackHigh(left01, left23).AsByte();
        column2 = Avx2.UnpackLow(right01, right23).AsByte();
        column3 = Avx2.UnpackHigh(right01, right23).AsByte();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Rows(ref byte row, int number, int stride) => Vector256.Create(
        Vector128.LoadUnsafe(ref row, (nuint)(number * stride)),
        Vector128.LoadUnsafe(ref row, (nuint)((number + 4) * stride))).AsUInt32();
}
