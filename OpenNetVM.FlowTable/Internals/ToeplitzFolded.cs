using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace OpenNetVM.FlowTable.Internals;

/// <summary>
/// The Toeplitz hash under a key that repeats every two bytes, as <see cref="SymmetricRss.Key"/> does. Immutable, safe to share between threads.
/// </summary>
/// <remarks>
/// Bytes of input that stand two positions apart see the same part of such a key, so by linearity all input can be folded into 16 bits first, and
/// two table reads are left. In a burst the tables are two matrices where the processor has GFNI (see <see cref="ToeplitzGfni"/>): hash bytes 0
/// and 2 are matrix 0 times the folded upper byte and matrix 1 times the lower, hash bytes 1 and 3 the other way round.
/// </remarks>
internal sealed class ToeplitzFolded : IToeplitzForm
{
    private const int Period = 2;

    private readonly uint[] _tables;
    private readonly ulong _matrix0;
    private readonly ulong _matrix1;

    internal ToeplitzFolded(ReadOnlySpan<byte> key)
    {
        _tables = ToeplitzTables.Build(key, Period);
        _matrix0 = ToeplitzGfni.Matrix(key, 0);
        _matrix1 = ToeplitzGfni.Matrix(key, 1);
    }

    /// <summary>Whether a key repeats every two bytes.</summary>
    internal static bool Takes(ReadOnlySpan<byte> key) => key[Period..].SequenceEqual(key[..^Period]);

    /// <inheritdoc/>
    public uint Compute(ReadOnlySpan<byte> input)
    {
        int even = 0;
        int odd = 0;
        int i = 0;
        for (; i + 1 < input.Length; i += Period)
        {
            even ^= input[i];
            odd ^= input[i + 1];
        }
        if (i < input.Length)
            even ^= input[i];
        return Hash((uint)((even << 8) | odd));
    }

    /// <inheritdoc/>
    public uint Compute(in Ipv4FlowKey key) => Hash(Halves(key.Source ^ key.Destination) ^ key.SourcePort ^ key.DestinationPort);

    /// <inheritdoc/>
    public uint Compute(in Ipv6FlowKey key) => Hash(FoldAddresses(key) ^ key.SourcePort ^ key.DestinationPort);

    /// <inheritdoc/>
    public uint ComputeAddresses(in Ipv4FlowKey key) => Hash(Halves(key.Source ^ key.Destination));

    /// <inheritdoc/>
    public uint ComputeAddresses(in Ipv6FlowKey key) => Hash(FoldAddresses(key));

    /// <inheritdoc/>
    public void Compute(ReadOnlySpan<Ipv4FlowKey> keys, Span<uint> hashes)
    {
        if (ToeplitzGfni.IsSupported && keys.Length >= KeyBlock.Length)
        {
            Blocks(keys, hashes, withPorts: true);
            return;
        }
        for (int i = 0; i < keys.Length; i++)
            hashes[i] = Compute(keys[i]);
    }

    /// <inheritdoc/>
    public void Compute(ReadOnlySpan<Ipv6FlowKey> keys, Span<uint> hashes)
    {
        if (ToeplitzGfni.IsSupported && keys.Length >= KeyBlock.Length)
        {
            Blocks(keys, hashes, withPorts: true);
            return;
        }
        for (int i = 0; i < keys.Length; i++)
            hashes[i] = Compute(keys[i]);
    }

    /// <inheritdoc/>
    public void ComputeAddresses(ReadOnlySpan<Ipv4FlowKey> keys, Span<uint> hashes)
    {
        if (ToeplitzGfni.IsSupported && keys.Length >= KeyBlock.Length)
        {
            Blocks(keys, hashes, withPorts: false);
            return;
        }
        for (int i = 0; i < keys.Length; i++)
            hashes[i] = ComputeAddresses(keys[i]);
    }

    /// <inheritdoc/>
    public void ComputeAddresses(ReadOnlySpan<Ipv6FlowKey> keys, Span<uint> hashes)
    {
        if (ToeplitzGfni.IsSupported && keys.Length >= KeyBlock.Length)
        {
            Blocks(keys, hashes, withPorts: false);
            return;
        }
        for (int i = 0; i < keys.Length; i++)
            hashes[i] = ComputeAddresses(keys[i]);
    }

    // A rest of less than a block is hashed together with keys before it, once more. Whether there are ports is a constant at each call.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Blocks(ReadOnlySpan<Ipv4FlowKey> keys, Span<uint> hashes, bool withPorts)
    {
        int last = keys.Length - KeyBlock.Length;
        for (int i = 0; ; i = Math.Min(i + KeyBlock.Length, last))
        {
            KeyBlock.Store(Hash(KeyBlock.Fold(keys, i, withPorts)), hashes, i);
            if (i == last)
                return;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Blocks(ReadOnlySpan<Ipv6FlowKey> keys, Span<uint> hashes, bool withPorts)
    {
        int last = keys.Length - KeyBlock.Length;
        for (int i = 0; ; i = Math.Min(i + KeyBlock.Length, last))
        {
            KeyBlock.Store(Hash(KeyBlock.Fold(keys, i, withPorts)), hashes, i);
            if (i == last)
                return;
        }
    }

    private static uint Halves(uint number) => (number >> 16) ^ number;

    private static uint FoldAddresses(in Ipv6FlowKey key)
    {
        ulong number = key.SourceHigh ^ key.SourceLow ^ key.DestinationHigh ^ key.DestinationLow;
        return Halves((uint)(number >> 32) ^ (uint)number);
    }

    // Of the 16 lower bits.
    private uint Hash(uint folded) => _tables[(byte)(folded >> 8)] ^ _tables[ToeplitzTables.TableSize + (byte)folded];

    // Of eight words, whose halves are still to be folded.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector256<byte> Hash(Vector256<byte> words)
    {
        Vector256<byte> folded = words ^ KeyBlock.SwapHalves(words);
        Vector256<byte> inPlace = Gfni.V256.GaloisFieldAffineTransform(folded, Vector256.Create(_matrix0).AsByte(), 0);
        Vector256<byte> crosswise = Gfni.V256.GaloisFieldAffineTransform(folded, Vector256.Create(_matrix1).AsByte(), 0);
        return inPlace ^ KeyBlock.SwapBytes(crosswise);
    }
}
