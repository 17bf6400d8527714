namespace OpenNetVM.FlowTable;

/// <summary>
/// Receive-side scaling that sends both directions of a flow to the same queue: the key 6d5a repeated, under which swapping the source and
/// the destination does not change the Toeplitz hash. Stateless: any thread may call any member at any time.
/// </summary>
/// <remarks>
/// Source: S. Woo and K. Park, "Scalable TCP Session Monitoring with Symmetric Receive-side Scaling", KAIST, 2012; the key of openNetVM.
/// <para>
/// The two 16-bit halves of such a hash are equal, so it tells 65 536 values apart and not 2^32. That is plenty to choose a queue or a
/// replica. <see cref="CuckooFlowTable{TKey, TValue}"/> joins it with the key; a table that takes bucket and tag straight from it would fill
/// to a quarter only. <see cref="ToeplitzHash.ComputeSorted(in Ipv4FlowKey)"/> is symmetric and keeps 32 bits.
/// </para>
/// </remarks>
public static class SymmetricRss
{
    /// <summary>The symmetric key, 40 bytes, to be given to network cards.</summary>
    public static ReadOnlySpan<byte> Key =>
    [
        0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a,
        0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a,
    ];

    /// <summary>The hash with <see cref="Key"/>; shared and immutable.</summary>
    public static ToeplitzHash Hash { get; } = new(Key);

    /// <summary>Makes the symmetric key in another length, for cards that take 52 bytes for example.</summary>
    /// <param name="length">Bytes wanted, even and at least <see cref="ToeplitzHash.MinimumKeyLength"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The length is odd or too small.</exception>
    public static byte[] CreateKey(int length)
    {
        if (length < ToeplitzHash.MinimumKeyLength || length % 2 != 0)
            throw new ArgumentOutOfRangeException(nameof(length), length, $"A symmetric key has an even length of at least {ToeplitzHash.MinimumKeyLength} bytes.");
        byte[] key = new byte[length];
        for (int i = 0; i < length; i++)
            key[i] = Key[i % 2];
        return key;
    }
}
