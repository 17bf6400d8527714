using System.Diagnostics.CodeAnalysis;
using OpenNetVM.FlowTable.Internals;

namespace OpenNetVM.FlowTable;

/// <summary>
/// The Toeplitz hash that network cards compute for receive-side scaling, in software, for any key of 40 bytes or more.
/// Immutable after construction: one instance may be used by any number of threads at once. Nothing allocates after construction.
/// </summary>
/// <remarks>
/// Every 1 bit at position i of the input (counted from the first byte's highest bit) adds the 32 key bits from i on, by exclusive or
/// (Microsoft, "RSS Hashing Functions"). The hash is linear, so the contributions of the 256 values of an input byte are kept in one
/// 1 KiB table per byte position: 12 table reads for an IPv4 tuple with ports. Under a key that repeats every two bytes, as
/// <see cref="SymmetricRss.Key"/> does, all input can be folded into 16 bits first, and two table reads are left.
/// </remarks>
public sealed class ToeplitzHash
{
    /// <summary>Bytes a key must have at least: the 36 input bytes of an IPv6 tuple with ports, and 4 more for the last bit's window.</summary>
    public const int MinimumKeyLength = 40;

    /// <summary>A bit of input adds four bytes of the key.</summary>
    internal const int BytesPerWindow = 4;

    private readonly byte[] _key;

    // One of them.
    private readonly ToeplitzFolded? _folded;
    private readonly ToeplitzGfni? _gfni;
    private readonly ToeplitzTables? _tables;

    /// <summary>Prepares a key.</summary>
    /// <param name="key">The key, at least <see cref="MinimumKeyLength"/> bytes (40 and 52 are what network cards take); copied.</param>
    /// <exception cref="ArgumentException">The key is shorter than <see cref="MinimumKeyLength"/> bytes.</exception>
    public ToeplitzHash(ReadOnlySpan<byte> key)
    {
        if (key.Length < MinimumKeyLength)
            throw new ArgumentException($"A Toeplitz key needs at least {MinimumKeyLength} bytes to hash an IPv6 tuple with ports, but {key.Length} were given.", nameof(key));
        _key = key.ToArray();
        if (ToeplitzFolded.Takes(key))
            _folded = new ToeplitzFolded(key);
        else if (ToeplitzGfni.IsSupported)
            _gfni = new ToeplitzGfni(key);
        else
            _tables = new ToeplitzTables(key);
    }

    /// <summary>The hash with <see cref="MicrosoftKey"/>.</summary>
    public static ToeplitzHash Microsoft { get; } = new(MicrosoftKey);

    /// <summary>The 40-byte key of Microsoft's verification suite, the default of many network cards. Not symmetric.</summary>
    public static ReadOnlySpan<byte> MicrosoftKey =>
    [
        0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67, 0x25, 0x3d, 0x43, 0xa3, 0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb,
        0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3, 0x80, 0x30, 0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa,
    ];

    /// <summary>The key this instance hashes with.</summary>
    public ReadOnlySpan<byte> Key => _key;

    /// <summary>The longest input in bytes: the key's length less 4.</summary>
    public int MaximumInputLength => _key.Length - BytesPerWindow;

    /// <summary>Hashes raw input, in network order as it stands in a packet: source address, destination address, then the ports if wanted.</summary>
    /// <exception cref="ArgumentException">The input is longer than <see cref="MaximumInputLength"/>.</exception>
    public uint Compute(ReadOnlySpan<byte> input)
    {
        if (input.Length > MaximumInputLength)
            ThrowTooLong(input);
        if (_folded is not null)
            return _folded.Compute(input);
        return ToeplitzGfni.IsSupported ? _gfni!.Compute(input) : _tables!.Compute(input);
    }

    /// <summary>Hashes addresses and ports (what a card does for unfragmented TCP and UDP over IPv4).</summary>
    public uint Compute(in Ipv4FlowKey key)
    {
        if (_folded is not null)
            return _folded.Compute(key);
        return ToeplitzGfni.IsSupported ? _gfni!.Compute(key) : _tables!.Compute(key);
    }

    /// <summary>Hashes addresses and ports (what a card does for unfragmented TCP and UDP over IPv6).</summary>
    public uint Compute(in Ipv6FlowKey key)
    {
        if (_folded is not null)
            return _folded.Compute(key);
        return ToeplitzGfni.IsSupported ? _gfni!.Compute(key) : _tables!.Compute(key);
    }

    /// <summary>Hashes the addresses only (what a card does for fragments and for protocols without ports over IPv4).</summary>
    public uint ComputeAddresses(in Ipv4FlowKey key)
    {
        if (_folded is not null)
            return _folded.ComputeAddresses(key);
        return ToeplitzGfni.IsSupported ? _gfni!.ComputeAddresses(key) : _tables!.ComputeAddresses(key);
    }

    /// <summary>Hashes the addresses only (what a card does for fragments and for protocols without ports over IPv6).</summary>
    public uint ComputeAddresses(in Ipv6FlowKey key)
    {
        if (_folded is not null)
            return _folded.ComputeAddresses(key);
        return ToeplitzGfni.IsSupported ? _gfni!.ComputeAddresses(key) : _tables!.ComputeAddresses(key);
    }

    /// <summary>
    /// Hashes addresses and ports with the end points in ascending order: equal for both directions under any key, with all 32 bits of the
    /// hash (a symmetric key leaves 16). No network card computes this form; use it where software computes every hash.
    /// </summary>
    public uint ComputeSorted(in Ipv4FlowKey key) => Compute(key.Canonical());

    /// <inheritdoc cref="ComputeSorted(in Ipv4FlowKey)"/>
    public uint ComputeSorted(in Ipv6FlowKey key) => Compute(key.Canonical());

    /// <summary>Hashes the addresses and ports of a burst: <paramref name="hashes"/>[i] is the hash of <paramref name="keys"/>[i].</summary>
    /// <exception cref="ArgumentException"><paramref name="hashes"/> is shorter than <paramref name="keys"/>.</exception>
    public void Compute(ReadOnlySpan<Ipv4FlowKey> keys, Span<uint> hashes)
    {
        CheckLength(keys.Length, hashes.Length);
        if (_folded is not null)
            _folded.Compute(keys, hashes);
        else if (ToeplitzGfni.IsSupported)
            _gfni!.Compute(keys, hashes);
        else
            _tables!.Compute(keys, hashes);
    }

    /// <inheritdoc cref="Compute(ReadOnlySpan{Ipv4FlowKey}, Span{uint})"/>
    public void Compute(ReadOnlySpan<Ipv6FlowKey> keys, Span<uint> hashes)
    {
        CheckLength(keys.Length, hashes.Length);
        if (_folded is not null)
            _folded.Compute(keys, hashes);
        else if (ToeplitzGfni.IsSupported)
            _gfni!.Compute(keys, hashes);
        else
            _tables!.Compute(keys, hashes);
    }

    /// <summary>Hashes the addresses, without ports, of a burst: <paramref name="hashes"/>[i] is the hash of <paramref name="keys"/>[i].</summary>
    /// <exception cref="ArgumentException"><paramref name="hashes"/> is shorter than <paramref name="keys"/>.</exception>
    public void ComputeAddresses(ReadOnlySpan<Ipv4FlowKey> keys, Span<uint> hashes)
    {
        CheckLength(keys.Length, hashes.Length);
        if (_folded is not null)
            _folded.ComputeAddresses(keys, hashes);
        else if (ToeplitzGfni.IsSupported)
            _gfni!.ComputeAddresses(keys, hashes);
        else
            _tables!.ComputeAddresses(keys, hashes);
    }

    /// <inheritdoc cref="ComputeAddresses(ReadOnlySpan{Ipv4FlowKey}, Span{uint})"/>
    public void ComputeAddresses(ReadOnlySpan<Ipv6FlowKey> keys, Span<uint> hashes)
    {
        CheckLength(keys.Length, hashes.Length);
        if (_folded is not null)
            _folded.ComputeAddresses(keys, hashes);
        else if (ToeplitzGfni.IsSupported)
            _gfni!.ComputeAddresses(keys, hashes);
        else
            _tables!.ComputeAddresses(keys, hashes);
    }

    private static void CheckLength(int keys, int hashes)
    {
        if (hashes < keys)
            ThrowTooFewHashes(keys, hashes);
    }

    // Apart, because a method that puts a message together clears room for it on every call.
    [DoesNotReturn]
    private void ThrowTooLong(ReadOnlySpan<byte> input) =>
        throw new ArgumentException($"A key of {_key.Length} bytes hashes at most {MaximumInputLength} bytes of input, but {input.Length} were given.", nameof(input));

    [DoesNotReturn]
    private static void ThrowTooFewHashes(int keys, int hashes) =>
        throw new ArgumentException($"Room for {keys} hashes is needed, one for each key, but there is room for {hashes}.", nameof(hashes));
}
