using System.Runtime.InteropServices;

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

    private const int BytesPerWindow = 4;
    private const int TableSize = 256;

    private readonly byte[] _key;

    // The table of input byte p starts at p * 256; a key of period 2 has only the first two.
    private readonly uint[] _tables;
    private readonly bool _folds;

    /// <summary>Makes the tables for a key.</summary>
    /// <param name="key">The key, at least <see cref="MinimumKeyLength"/> bytes (40 and 52 are what network cards take); copied.</param>
    /// <exception cref="ArgumentException">The key is shorter than <see cref="MinimumKeyLength"/> bytes.</exception>
    public ToeplitzHash(ReadOnlySpan<byte> key)
    {
        if (key.Length < MinimumKeyLength)
            throw new ArgumentException($"A Toeplitz key needs at least {MinimumKeyLength} bytes to hash an IPv6 tuple with ports, but {key.Length} were given.", nameof(key));
        _key = key.ToArray();
        _folds = RepeatsEveryTwoBytes(key);
        _tables = BuildTables(key, _folds ? 2 : MaximumInputLength);
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
            throw new ArgumentException($"A key of {_key.Length} bytes hashes at most {MaximumInputLength} bytes of input, but {input.Length} were given.", nameof(input));
        uint hash = 0;
        int table = 0;
        foreach (byte value in input)
        {
            hash ^= _tables[table + value];
            table += TableSize;
            if (table == _tables.Length)
                table = 0;
        }
        return hash;
    }

    /// <summary>Hashes addresses and ports (what a card does for unfragmented TCP and UDP over IPv4).</summary>
    public uint Compute(in Ipv4FlowKey key)
    {
        uint ports = Ports(key.SourcePort, key.DestinationPort);
        return _folds
            ? Folded(key.Source ^ key.Destination ^ ports)
            : Word(0, key.Source) ^ Word(4, key.Destination) ^ Word(8, ports);
    }

    /// <summary>Hashes addresses and ports (what a card does for unfragmented TCP and UDP over IPv6).</summary>
    public uint Compute(in Ipv6FlowKey key)
    {
        uint ports = Ports(key.SourcePort, key.DestinationPort);
        return _folds
            ? Folded(FoldAddresses(key) ^ ports)
            : Addresses(key) ^ Word(32, ports);
    }

    /// <summary>Hashes the addresses only (what a card does for fragments and for protocols without ports over IPv4).</summary>
    public uint ComputeAddresses(in Ipv4FlowKey key) =>
        _folds ? Folded(key.Source ^ key.Destination) : Word(0, key.Source) ^ Word(4, key.Destination);

    /// <summary>Hashes the addresses only (what a card does for fragments and for protocols without ports over IPv6).</summary>
    public uint ComputeAddresses(in Ipv6FlowKey key) => _folds ? Folded(FoldAddresses(key)) : Addresses(key);

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
        for (int i = 0; i < keys.Length; i++)
            hashes[i] = Compute(keys[i]);
    }

    /// <inheritdoc cref="Compute(ReadOnlySpan{Ipv4FlowKey}, Span{uint})"/>
    public void Compute(ReadOnlySpan<Ipv6FlowKey> keys, Span<uint> hashes)
    {
        CheckLength(keys.Length, hashes.Length);
        for (int i = 0; i < keys.Length; i++)
            hashes[i] = Compute(keys[i]);
    }

    /// <summary>Hashes the addresses, without ports, of a burst: <paramref name="hashes"/>[i] is the hash of <paramref name="keys"/>[i].</summary>
    /// <exception cref="ArgumentException"><paramref name="hashes"/> is shorter than <paramref name="keys"/>.</exception>
    public void ComputeAddresses(ReadOnlySpan<Ipv4FlowKey> keys, Span<uint> hashes)
    {
        CheckLength(keys.Length, hashes.Length);
        for (int i = 0; i < keys.Length; i++)
            hashes[i] = ComputeAddresses(keys[i]);
    }

    /// <inheritdoc cref="ComputeAddresses(ReadOnlySpan{Ipv4FlowKey}, Span{uint})"/>
    public void ComputeAddresses(ReadOnlySpan<Ipv6FlowKey> keys, Span<uint> hashes)
    {
        CheckLength(keys.Length, hashes.Length);
        for (int i = 0; i < keys.Length; i++)
            hashes[i] = ComputeAddresses(keys[i]);
    }

    private static void CheckLength(int keys, int hashes)
    {
        if (hashes < keys)
            throw new ArgumentException($"Room for {keys} hashes is needed, one for each key, but there is room for {hashes}.", nameof(hashes));
    }

    private static uint Ports(ushort source, ushort destination) => ((uint)source << 16) | destination;

    private static uint Halves(ulong number) => (uint)(number >> 32) ^ (uint)number;

    private static uint FoldAddresses(in Ipv6FlowKey key) =>
        Halves(key.SourceHigh ^ key.SourceLow ^ key.DestinationHigh ^ key.DestinationLow);

    private uint Addresses(in Ipv6FlowKey key) =>
        DoubleWord(0, key.SourceHigh) ^ DoubleWord(8, key.SourceLow) ^ DoubleWord(16, key.DestinationHigh) ^ DoubleWord(24, key.DestinationLow);

    private uint DoubleWord(int position, ulong number) => Word(position, (uint)(number >> 32)) ^ Word(position + 4, (uint)number);

    // The contribution of a number whose highest byte stands at the given input position.
    private uint Word(int position, uint number)
    {
        ReadOnlySpan<uint> tables = MemoryMarshal.CreateReadOnlySpan(ref _tables[position * TableSize], 4 * TableSize);
        return tables[(int)(number >> 24)]
            ^ tables[TableSize + (byte)(number >> 16)]
            ^ tables[(2 * TableSize) + (byte)(number >> 8)]
            ^ tables[(3 * TableSize) + (byte)number];
    }

    // Bytes two positions apart see the same window, so by linearity they may be combined before the table is read.
    private uint Folded(uint number)
    {
        uint half = (number >> 16) ^ number;
        return _tables[(byte)(half >> 8)] ^ _tables[TableSize + (byte)half];
    }

    private static bool RepeatsEveryTwoBytes(ReadOnlySpan<byte> key) => key[2..].SequenceEqual(key[..^2]);

    private static uint[] BuildTables(ReadOnlySpan<byte> key, int positions)
    {
        uint[] tables = new uint[positions * TableSize];
        for (int position = 0; position < positions; position++)
        {
            Span<uint> table = tables.AsSpan(position * TableSize, TableSize);
            for (int bit = 0; bit < 8; bit++)
                table[0x80 >> bit] = Window(key, position, bit);
            for (int value = 1; value < TableSize; value++)
            {
                int rest = value & (value - 1);
                table[value] = table[value ^ rest] ^ table[rest];
            }
        }
        return tables;
    }

    // The 32 key bits that start at a bit of a byte.
    private static uint Window(ReadOnlySpan<byte> key, int position, int bit)
    {
        ulong bits = 0;
        foreach (byte value in key.Slice(position, BytesPerWindow + 1))
            bits = (bits << 8) | value;
        return (uint)(bits >> (8 - bit));
    }
}
