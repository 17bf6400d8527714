using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace OpenNetVM.FlowTable.Internals;

/// <summary>
/// The Toeplitz hash for any key on x86 processors with GFNI, whose GF2P8AFFINEQB multiplies every byte of a vector with an 8x8 bit matrix.
/// Immutable, safe to share between threads.
/// </summary>
/// <remarks>
/// Input bit i adds the 32 key bits from i on. Eight input bits and eight hash bits at a time that is a matrix, and what input byte p adds to
/// hash byte r (0 is the highest) depends on p + r alone: it is matrix k = p + r, whose row b is the eight key bits from 8k + b on. A key of n
/// bytes has n - 1 of them.
/// <para>
/// A single input: for every k, the four input bytes k-3 to k stand where the hash bytes stand that they add to, and are multiplied with matrix k;
/// four k fit in a vector. The exclusive or of all products is the hash.
/// </para>
/// <para>
/// A burst, eight keys at a time: word w of all keys (four input bytes each) is brought together in one vector. It is multiplied with the seven
/// matrices 4w to 4w + 6. A byte at place q of its word, multiplied with matrix 4w + d, belongs at hash byte d - q: all of one d are moved
/// by the same number of bytes, whatever w is. So the products of one d are added up over the words first and moved once.
/// </para>
/// </remarks>
internal sealed partial class ToeplitzGfni : IToeplitzForm
{
    private const int RowLength = 16;
    private const int MatricesPerVector = 4;

    // The input bytes that matrix k of a row of 16 bytes is applied to, in the order of the hash bytes; Z gives zero.
    private const byte Z = 0x80;

    private readonly ulong[] _matrices;

    internal ToeplitzGfni(ReadOnlySpan<byte> key)
    {
        // Zeros behind them, because the matrices of a row of input are read as if it always had its 16 bytes.
        _matrices = new ulong[key.Length + RowLength + MatricesPerVector];
        for (int k = 0; k < key.Length - 1; k++)
            _matrices[k] = Matrix(key, k);
    }

    /// <summary>Whether this processor can run it; known when the code is compiled.</summary>
    internal static bool IsSupported => Gfni.V256.IsSupported && Avx2.IsSupported;

    private static ReadOnlySpan<byte> Windows =>
    [
        Z, Z, Z, 0, Z, Z, Z, Z, Z, Z, 0, 1, Z, Z, Z, Z, Z, 0, 1, 2, Z, Z, Z, Z, 0, 1, 2, 3, Z, Z, Z, Z,
        1, 2, 3, 4, Z, Z, Z, Z, 2, 3, 4, 5, Z, Z, Z, Z, 3, 4, 5, 6, Z, Z, Z, Z, 4, 5, 6, 7, Z, Z, Z, Z,
        5, 6, 7, 8, Z, Z, Z, Z, 6, 7, 8, 9, Z, Z, Z, Z, 7, 8, 9, 10, Z, Z, Z, Z, 8, 9, 10, 11, Z, Z, Z, Z,
        9, 10, 11, 12, Z, Z, Z, Z, 10, 11, 12, 13, Z, Z, Z, Z, 11, 12, 13, 14, Z, Z, Z, Z, 12, 13, 14, 15, Z, Z, Z, Z,
        13, 14, 15, Z, Z, Z, Z, Z, 14, 15, Z, Z, Z, Z, Z, Z, 15, Z, Z, Z, Z, Z, Z, Z, Z, Z, Z, Z, Z, Z, Z, Z,
    ];

    // Moves a row up by as many bytes as are skipped here, and zeros in behind it.
    private static ReadOnlySpan<byte> Places => [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, Z, Z, Z, Z, Z, Z, Z, Z, Z, Z, Z, Z, Z, Z, Z, Z];

    /// <summary>Matrix k of a key: row b, which makes bit b of the product counted from the highest, is the eight key bits from 8k + b on.</summary>
    internal static ulong Matrix(ReadOnlySpan<byte> key, int k)
    {
        int bits = BinaryPrimitives.ReadUInt16BigEndian(key[k..]);
        ulong matrix = 0;
        for (int row = 0; row < 8; row++)
            matrix |= (ulong)(byte)(bits >> (8 - row)) << (8 * row);
        return matrix;
    }

    /// <inheritdoc/>
    public uint Compute(ReadOnlySpan<byte> input)
    {
        Vector256<byte> sum = default;
        int position = 0;
        for (; position + RowLength <= input.Length; position += RowLength)
            sum ^= Row(Vector128.Create(input.Slice(position, RowLength)), ref MatricesFrom(position));
        if (position < input.Length)
            sum ^= Row(position == 0 ? Short(input) : Rest(input, input.Length - position), ref MatricesFrom(position));
        return Total(sum);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint Compute(in Ipv4FlowKey key) => Single(key.Source, key.Destination, ((uint)key.SourcePort << 16) | key.DestinationPort);

    /// <inheritdoc/>
    public uint ComputeAddresses(in Ipv4FlowKey key) => Single(key.Source, key.Destination, 0);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint Compute(in Ipv6FlowKey key)
    {
        uint ports = BinaryPrimitives.ReverseEndianness(((uint)key.SourcePort << 16) | key.DestinationPort);
        Vector128<byte> four = Vector128.CreateScalar(ports).AsByte();
        Vector256<byte> row = Vector256.Create(four, four);
        ref ulong matrices = ref MatricesFrom(2 * RowLength);
        return Total(Addresses(key) ^ Quad(row, ref matrices, 0) ^ Quad(row, ref matrices, 1));
    }

    /// <inheritdoc/>
    public uint ComputeAddresses(in Ipv6FlowKey key) => Total(Addresses(key));

    // The bytes are put together from the key's numbers and not read in one: a key that was made just now is still on its way to memory in pieces,
    // and one wide read would wait until all of them have arrived.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private uint Single(uint source, uint destination, uint ports)
    {
        ulong addresses = BinaryPrimitives.ReverseEndianness(((ulong)source << 32) | destination);
        Vector128<byte> row = Vector128.Create(addresses, BinaryPrimitives.ReverseEndianness(ports)).AsByte();
        Vector256<byte> both = Vector256.Create(row, row);
        ref ulong matrices = ref MatricesFrom(0);

        // The last bytes are zero, and so is what the last matrices make of them.
        return Total(Quad(both, ref matrices, 0) ^ Quad(both, ref matrices, 1) ^ Quad(both, ref matrices, 2) ^ Quad(both, ref matrices, 3));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector256<byte> Addresses(in Ipv6FlowKey key)
    {
        Vector128<byte> source = Vector128.Create(
            BinaryPrimitives.ReverseEndianness(key.SourceHigh), BinaryPrimitives.ReverseEndianness(key.SourceLow)).AsByte();
        Vector128<byte> destination = Vector128.Create(
            BinaryPrimitives.ReverseEndianness(key.DestinationHigh), BinaryPrimitives.ReverseEndianness(key.DestinationLow)).AsByte();
        return Row(source, ref MatricesFrom(0)) ^ Row(destination, ref MatricesFrom(RowLength));
    }

    // The last bytes of an input that has at least 16, followed by zeros.
    private static Vector128<byte> Rest(ReadOnlySpan<byte> input, int count)
    {
        Vector128<byte> moved = Vector128.LoadUnsafe(ref MemoryMarshal.GetReference(Places), (nuint)(RowLength - count));
        return Ssse3.Shuffle(Vector128.Create(input[^RowLength..]), moved);
    }

    // All bytes, 1 to 15, followed by zeros. Put together from reads that may overlap, which takes no way through memory.
    private static Vector128<byte> Short(ReadOnlySpan<byte> input)
    {
        int count = input.Length;
        if (count > sizeof(ulong))
        {
            ulong upper = BinaryPrimitives.ReadUInt64LittleEndian(input[^sizeof(ulong)..]) >> (8 * (RowLength - count));
            return Vector128.Create(BinaryPrimitives.ReadUInt64LittleEndian(input), upper).AsByte();
        }
        if (count >= sizeof(uint))
        {
            ulong upper = (ulong)BinaryPrimitives.ReadUInt32LittleEndian(input[^sizeof(uint)..]) << (8 * (count - sizeof(uint)));
            return Vector128.CreateScalar(upper | BinaryPrimitives.ReadUInt32LittleEndian(input)).AsByte();
        }
        int middle = count / 2;
        return Vector128.CreateScalar(input[0] | ((uint)input[middle] << (8 * middle)) | ((uint)input[^1] << (8 * (count - 1)))).AsByte();
    }

    // What 16 bytes of input add to the hash, in eight parts.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> Row(Vector128<byte> row, ref ulong matrices)
    {
        Vector256<byte> both = Vector256.Create(row, row);
        return Quad(both, ref matrices, 0) ^ Quad(both, ref matrices, 1) ^ Quad(both, ref matrices, 2) ^ Quad(both, ref matrices, 3)
            ^ Quad(both, ref matrices, 4);
    }

    // Four matrices, each with its window of a row that stands in both halves of the vector.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> Quad(Vector256<byte> row, ref ulong matrices, int quad)
    {
        Vector256<byte> windows = Vector256.LoadUnsafe(ref MemoryMarshal.GetReference(Windows), (nuint)(quad * Vector256<byte>.Count));
        Vector256<byte> four = Vector256.LoadUnsafe(ref matrices, (nuint)(quad * MatricesPerVector)).AsByte();
        return Gfni.V256.GaloisFieldAffineTransform(Avx2.Shuffle(row, windows), four, 0);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Total(Vector256<byte> parts)
    {
        Vector128<ulong> halves = (parts.GetLower() ^ parts.GetUpper()).AsUInt64();
        return (uint)(halves.ToScalar() ^ halves.GetElement(1));
    }

    // The matrices of input from a byte on; 20 of them may be read.
    private ref ulong MatricesFrom(int position) => ref _matrices.AsSpan(position, RowLength + MatricesPerVector)[0];
}
