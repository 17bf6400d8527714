using System.Runtime.InteropServices;

namespace OpenNetVM.FlowTable.Internals;

/// <summary>The Toeplitz hash for any key on any machine: one table read for each byte of input. Immutable, safe to share between threads.</summary>
/// <remarks>
/// The hash is linear, so the contributions of the 256 values of an input byte are kept in one 1 KiB table per byte position.
/// </remarks>
internal sealed class ToeplitzTables : IToeplitzForm
{
    /// <summary>Entries of one table.</summary>
    internal const int TableSize = 256;

    // The table of input byte p starts at p * 256.
    private readonly uint[] _tables;

    internal ToeplitzTables(ReadOnlySpan<byte> key) => _tables = Build(key, key.Length - ToeplitzHash.BytesPerWindow);

    /// <inheritdoc/>
    public uint Compute(ReadOnlySpan<byte> input)
    {
        uint hash = 0;
        int table = 0;
        foreach (byte value in input)
        {
            hash ^= _tables[table + value];
            table += TableSize;
        }
        return hash;
    }

    /// <inheritdoc/>
    public uint Compute(in Ipv4FlowKey key) => ComputeAddresses(key) ^ Word(8, Ports(key.SourcePort, key.DestinationPort));

    /// <inheritdoc/>
    public uint Compute(in Ipv6FlowKey key) => ComputeAddresses(key) ^ Word(32, Ports(key.SourcePort, key.DestinationPort));

    /// <inheritdoc/>
    public uint ComputeAddresses(in Ipv4FlowKey key) => Word(0, key.Source) ^ Word(4, key.Destination);

    /// <inheritdoc/>
    public uint ComputeAddresses(in Ipv6FlowKey key) =>
        DoubleWord(0, key.SourceHigh) ^ DoubleWord(8, key.SourceLow) ^ DoubleWord(16, key.DestinationHigh) ^ DoubleWord(24, key.DestinationLow);

    /// <inheritdoc/>
    public void Compute(ReadOnlySpan<Ipv4FlowKey> keys, Span<uint> hashes)
    {
        for (int i = 0; i < keys.Length; i++)
            hashes[i] = Compute(keys[i]);
    }

    /// <inheritdoc/>
    public void Compute(ReadOnlySpan<Ipv6FlowKey> keys, Span<uint> hashes)
    {
        for (int i = 0; i < keys.Length; i++)
            hashes[i] = Compute(keys[i]);
    }

    /// <inheritdoc/>
    public void ComputeAddresses(ReadOnlySpan<Ipv4FlowKey> keys, Span<uint> hashes)
    {
        for (int i = 0; i < keys.Length; i++)
            hashes[i] = ComputeAddresses(keys[i]);
    }

    /// <inheritdoc/>
    public void ComputeAddresses(ReadOnlySpan<Ipv6FlowKey> keys, Span<uint> hashes)
    {
        for (int i = 0; i < keys.Length; i++)
            hashes[i] = ComputeAddresses(keys[i]);
    }

    /// <summary>The tables of the first bytes of input, one after the other.</summary>
    internal static uint[] Build(ReadOnlySpan<byte> key, int positions)
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
        foreach (byte value in key.Slice(position, ToeplitzHash.BytesPerWindow + 1))
            bits = (bits << 8) | value;
        return (uint)(bits >> (8 - bit));
    }

    private static uint Ports(ushort source, ushort destination) => ((uint)source << 16) | destination;

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
}
