using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace OpenNetVM.FlowTable.Internals;

// Bursts, eight keys at a time.
internal sealed partial class ToeplitzGfni
{
    /// <inheritdoc/>
    public void Compute(ReadOnlySpan<Ipv4FlowKey> keys, Span<uint> hashes)
    {
        if (keys.Length >= KeyBlock.Length)
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
        if (keys.Length >= KeyBlock.Length)
        {
            Blocks(keys, hashes, withPorts: false);
            return;
        }
        for (int i = 0; i < keys.Length; i++)
            hashes[i] = ComputeAddresses(keys[i]);
    }

    /// <inheritdoc/>
    public void Compute(ReadOnlySpan<Ipv6FlowKey> keys, Span<uint> hashes)
    {
        if (keys.Length >= KeyBlock.Length)
        {
            Blocks(keys, hashes, withPorts: true);
            return;
        }
        for (int i = 0; i < keys.Length; i++)
            hashes[i] = Compute(keys[i]);
    }

    /// <inheritdoc/>
    public void ComputeAddresses(ReadOnlySpan<Ipv6FlowKey> keys, Span<uint> hashes)
    {
        if (keys.Length >= KeyBlock.Length)
        {
            Blocks(keys, hashes, withPorts: false);
            return;
        }
        for (int i = 0; i < keys.Length; i++)
            hashes[i] = ComputeAddresses(keys[i]);
    }

    // Not inlined, so that all that the compiler may inline into one method is there for these.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Blocks(ReadOnlySpan<Ipv4FlowKey> keys, Span<uint> hashes, bool withPorts)
    {
        ref ulong m = ref MatricesFrom(0);
        int last = keys.Length - KeyBlock.Length;

        // A rest of less than a block is hashed together with keys before it, once more.
        for (int i = 0; ; i = Math.Min(i + KeyBlock.Length, last))
        {
            KeyBlock.Words(keys, i, out Vector256<byte> source, out Vector256<byte> destination, out Vector256<byte> ports);
            Vector256<byte> sum0 = Words(source, destination, ref m, 0);
            Vector256<byte> sum1 = Words(source, destination, ref m, 1);
            Vector256<byte> sum2 = Words(source, destination, ref m, 2);
            Vector256<byte> sum3 = Words(source, destination, ref m, 3);
            Vector256<byte> sum4 = Words(source, destination, ref m, 4);
            Vector256<byte> sum5 = Words(source, destination, ref m, 5);
            Vector256<byte> sum6 = Words(source, destination, ref m, 6);
            if (withPorts)
            {
                sum0 ^= Word(ports, ref m, 8);
                sum1 ^= Word(ports, ref m, 9);
                sum2 ^= Word(ports, ref m, 10);
                sum3 ^= Word(ports, ref m, 11);
                sum4 ^= Word(ports, ref m, 12);
                sum5 ^= Word(ports, ref m, 13);
                sum6 ^= Word(ports, ref m, 14);
            }
            KeyBlock.Store(Moved(sum0, sum1, sum2, sum3, sum4, sum5, sum6), hashes, i);
            if (i == last)
                return;
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Blocks(ReadOnlySpan<Ipv6FlowKey> keys, Span<uint> hashes, bool withPorts)
    {
        ref ulong m = ref MatricesFrom(0);
        ref ulong n = ref MatricesFrom(RowLength);
        ref ulong p = ref MatricesFrom(2 * RowLength);
        int last = keys.Length - KeyBlock.Length;
        for (int i = 0; ; i = Math.Min(i + KeyBlock.Length, last))
        {
            KeyBlock.SourceWords(keys, i, out Vector256<byte> word0, out Vector256<byte> word1, out Vector256<byte> word2, out Vector256<byte> word3);
            Vector256<byte> sum0 = Words(word0, word1, word2, word3, ref m, 0);
            Vector256<byte> sum1 = Words(word0, word1, word2, word3, ref m, 1);
            Vector256<byte> sum2 = Words(word0, word1, word2, word3, ref m, 2);
            Vector256<byte> sum3 = Words(word0, word1, word2, word3, ref m, 3);
            Vector256<byte> sum4 = Words(word0, word1, word2, word3, ref m, 4);
            Vector256<byte> sum5 = Words(word0, word1, word2, word3, ref m, 5);
            Vector256<byte> sum6 = Words(word0, word1, word2, word3, ref m, 6);
            KeyBlock.DestinationWords(keys, i, out word0, out word1, out word2, out word3);
            sum0 ^= Words(word0, word1, word2, word3, ref n, 0);
            sum1 ^= Words(word0, word1, word2, word3, ref n, 1);
            sum2 ^= Words(word0, word1, word2, word3, ref n, 2);
            sum3 ^= Words(word0, word1, word2, word3, ref n, 3);
            sum4 ^= Words(word0, word1, word2, word3, ref n, 4);
            sum5 ^= Words(word0, word1, word2, word3, ref n, 5);
            sum6 ^= Words(word0, word1, word2, word3, ref n, 6);
            if (withPorts)
            {
                Vector256<byte> ports = KeyBlock.Ports(keys, i);
                sum0 ^= Word(ports, ref p, 0);
                sum1 ^= Word(ports, ref p, 1);
                sum2 ^= Word(ports, ref p, 2);
                sum3 ^= Word(ports, ref p, 3);
                sum4 ^= Word(ports, ref p, 4);
                sum5 ^= Word(ports, ref p, 5);
                sum6 ^= Word(ports, ref p, 6);
            }
            KeyBlock.Store(Moved(sum0, sum1, sum2, sum3, sum4, sum5, sum6), hashes, i);
            if (i == last)
                return;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> Words(Vector256<byte> word0, Vector256<byte> word1, ref ulong matrices, int d) =>
        Word(word0, ref matrices, d) ^ Word(word1, ref matrices, d + 4);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> Words(
        Vector256<byte> word0, Vector256<byte> word1, Vector256<byte> word2, Vector256<byte> word3, ref ulong matrices, int d) =>
        Word(word0, ref matrices, d) ^ Word(word1, ref matrices, d + 4) ^ Word(word2, ref matrices, d + 8) ^ Word(word3, ref matrices, d + 12);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> Word(Vector256<byte> word, ref ulong matrices, int k) =>
        Gfni.V256.GaloisFieldAffineTransform(word, Vector256.Create(Unsafe.Add(ref matrices, k)).AsByte(), 0);

    // The words are numbers, so place q of a word is byte 3 - q counted from the lowest, and d - 3 bytes higher it is byte d - q = r. That is where
    // hash byte r stands in network order.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> Moved(
        Vector256<byte> sum0, Vector256<byte> sum1, Vector256<byte> sum2, Vector256<byte> sum3, Vector256<byte> sum4, Vector256<byte> sum5, Vector256<byte> sum6)
    {
        Vector256<uint> lower = (sum0.AsUInt32() >>> 24) ^ (sum1.AsUInt32() >>> 16) ^ (sum2.AsUInt32() >>> 8);
        Vector256<uint> upper = (sum4.AsUInt32() << 8) ^ (sum5.AsUInt32() << 16) ^ (sum6.AsUInt32() << 24);
        return KeyBlock.ReverseBytes((lower ^ sum3.AsUInt32() ^ upper).AsByte());
    }
}
