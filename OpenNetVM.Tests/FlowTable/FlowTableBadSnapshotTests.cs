using System.Buffers.Binary;
using OpenNetVM.FlowTable;
using OpenNetVM.FlowTable.Internals;

namespace OpenNetVM.Tests.FlowTable;

/// <summary>Snapshots that are damaged, cut off, of another table's kind, or made with bad intent.</summary>
public class FlowTableBadSnapshotTests
{
    private static readonly FlowTableOptions Everything = new() { Timeouts = true, Counters = true };

    // Where the parts of the head stand, as Internals/SnapshotHeader.cs says.
    private const int VersionOffset = 8;
    private const int EntriesOffset = 20;
    private const int KeyNameLengthOffset = 24;
    private const int HeadChecksumOffset = 28;
    private const int HeadSize = 32;

    [Fact]
    public void The_checksum_is_crc_32c() =>
        // RFC 3720, appendix B.4, and the check value of the catalogues of CRCs for "123456789".
        Assert.Multiple(
            () => Assert.Equal(0xE3069283u, Crc32C.Append(0, "123456789"u8)),
            () => Assert.Equal(0x8A9136AAu, Crc32C.Append(0, new byte[32])),
            () => Assert.Equal(0xE3069283u, Crc32C.Append(Crc32C.Append(0, "1234"u8), "56789"u8)),
            () => Assert.Equal(0u, Crc32C.Append(0, [])));

    [Fact]
    public void No_byte_of_a_snapshot_can_be_changed_unnoticed()
    {
        byte[] snapshot = Small();
        for (int position = 0; position < snapshot.Length; position++)
        {
            for (int bits = 1; bits < 256; bits++)
            {
                byte[] damaged = [.. snapshot];
                damaged[position] ^= (byte)bits;
                AssertRefused(damaged, $"byte {position} xor {bits}");
            }
        }
    }

    [Fact]
    public void No_snapshot_that_is_cut_off_is_taken_for_whole()
    {
        byte[] snapshot = Small();
        for (int length = 0; length < snapshot.Length; length++)
            Assert.Contains("ends too early", AssertRefused(snapshot[..length], $"{length} bytes"));
    }

    [Fact]
    public void A_stream_that_is_no_snapshot_is_named_as_such()
    {
        Assert.Contains("no snapshot of a flow table", AssertRefused([.. "<!DOCTYPE html><html><head><title>"u8], "a web page"));
        byte[] newer = Small();
        newer[VersionOffset] = 2;
        Assert.Contains("version 2 ", AssertRefused(newer, "another version"));
    }

    [Theory]
    [InlineData(1u, 20)] // more than the stream has
    [InlineData(1u << 30, 20)]
    [InlineData(uint.MaxValue - 20, 20)] // more than any table can hold
    [InlineData(0x8000_0001u, 20)]
    public void A_count_that_the_entries_do_not_bear_out_is_refused_even_under_a_right_checksum(uint more, int entries)
    {
        byte[] snapshot = Small(entries);
        BinaryPrimitives.WriteUInt32LittleEndian(snapshot.AsSpan(EntriesOffset), (uint)entries + more);
        SealHead(snapshot);
        long before = GC.GetAllocatedBytesForCurrentThread();
        AssertRefused(snapshot, $"{entries} entries called {(uint)entries + more}");
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Fact]
    public void Names_of_types_longer_than_the_stream_are_refused()
    {
        byte[] snapshot = Small();
        snapshot.AsSpan(KeyNameLengthOffset, 4).Fill(0xff);
        SealHead(snapshot);
        Assert.Contains("names of types", AssertRefused(snapshot, "long names"));
    }

    [Fact]
    public void A_snapshot_of_other_types_or_options_is_refused_and_both_sides_are_named()
    {
        byte[] snapshot = Small();
        AssertNamed<uint, uint>(snapshot, Everything, "UInt32");
        AssertNamed<Ipv4FlowKey, ulong>(snapshot, Everything, "UInt64");
        AssertNamed<Ipv4FlowKey, int>(snapshot, Everything, "4 bytes");
        AssertNamed<Ipv4FlowKey, long>(snapshot, FlowTableOptions.Default, "Timeouts");
        AssertNamed<Ipv4FlowKey, long>(snapshot, Everything with { Counters = false }, "Counters");

        void AssertNamed<TKey, TValue>(byte[] snapshot, FlowTableOptions options, string expected)
            where TKey : unmanaged, IEquatable<TKey>
            where TValue : unmanaged
        {
            using CuckooFlowTable<TKey, TValue> table = new(100, options);
            InvalidDataException fault = Assert.Throws<InvalidDataException>(() => table.Restore(new MemoryStream(snapshot), 0));
            Assert.Contains(expected, fault.Message);
            Assert.Contains("System.Int64 of 8 bytes", fault.Message);
            Assert.Equal(0, table.Count);
        }
    }

    [Fact]
    public void After_damage_in_the_middle_exactly_the_blocks_before_it_are_there()
    {
        using CuckooFlowTable<uint, long> table = new(20_000);
        for (uint key = 0; key < 18_000; key++)
            table.TryAdd(key, key, ~(long)key);
        MemoryStream stream = new();
        table.Save(stream, 0);
        byte[] snapshot = stream.ToArray();
        snapshot[^20_000] ^= 1; // in the last of five blocks

        using CuckooFlowTable<uint, long> restored = new(20_000);
        restored.TryAdd(90_000, 90_000, 1);
        Assert.Throws<InvalidDataException>(() => restored.Restore(new MemoryStream(snapshot), 0));
        Assert.Equal(1 + (4 * (65_536 / 16)), restored.Count);
        Assert.All(restored, entry => Assert.True(entry.Key == 90_000 || (table.TryGetValue(entry.Hash, entry.Key, out long value) && value == entry.Value)));

        // A whole one afterwards fills in the rest.
        Assert.Equal(new RestoreResult { Added = 18_000 - 16_384, Existing = 16_384 }, restored.Restore(new MemoryStream(stream.ToArray()), 0));
    }

    [Fact]
    public void Blocks_that_are_swapped_or_repeated_are_refused()
    {
        using CuckooFlowTable<uint, long> table = new(20_000);
        for (uint key = 0; key < 18_000; key++)
            table.TryAdd(key, key, key);
        MemoryStream stream = new();
        table.Save(stream, 0);
        byte[] whole = stream.ToArray();
        const int Block = 65_536 + 4;
        int start = whole.Length - ((18_000 - 16_384) * 16) - 4 - (4 * Block);

        byte[] repeated = [.. whole];
        whole.AsSpan(start, Block).CopyTo(repeated.AsSpan(start + Block));
        byte[] swapped = [.. repeated];
        whole.AsSpan(start + Block, Block).CopyTo(swapped.AsSpan(start));
        foreach (byte[] snapshot in (byte[][])[repeated, swapped])
        {
            using CuckooFlowTable<uint, long> restored = new(20_000);
            Assert.Contains("damaged", Assert.Throws<InvalidDataException>(() => restored.Restore(new MemoryStream(snapshot), 0)).Message);
        }
    }

    [Fact]
    public void A_timeout_that_no_table_can_hold_is_refused_even_under_a_right_checksum()
    {
        using CuckooFlowTable<uint, uint> table = new(24, new FlowTableOptions { Timeouts = true });
        table.TryAdd(1, 1, 1, new FlowTimeouts(5), 0);
        MemoryStream stream = new();
        table.Save(stream, 0);
        byte[] snapshot = stream.ToArray();

        // The only entry: key, value, hash, age, idle timeout, hard timeout, and behind it the checksum.
        BinaryPrimitives.WriteUInt32LittleEndian(snapshot.AsSpan(snapshot.Length - 12), FlowTimeouts.Maximum + 1u);
        uint checksum = Crc32C.Append(0, snapshot.AsSpan(0, HeadChecksumOffset));
        int names = snapshot.Length - HeadSize - 4 - 24 - 4;
        checksum = Crc32C.Append(checksum, snapshot.AsSpan(HeadSize, names));
        checksum = Crc32C.Append(checksum, snapshot.AsSpan(HeadSize + names + 4, 24));
        BinaryPrimitives.WriteUInt32LittleEndian(snapshot.AsSpan(snapshot.Length - 4), checksum);

        table.Clear();
        Assert.Contains("idle timeout of 2147483648", Assert.Throws<InvalidDataException>(() => table.Restore(new MemoryStream(snapshot), 0)).Message);
        Assert.Equal(0, table.Count);
    }

    [Fact]
    public void A_snapshot_that_comes_byte_by_byte_is_read_whole_and_an_error_of_the_stream_reaches_the_caller()
    {
        using CuckooFlowTable<Ipv4FlowKey, long> table = new(100, Everything);
        using TricklingStream trickle = new(Small(), failAt: long.MaxValue);
        Assert.Equal(20, table.Restore(trickle, 0).Added);
        table.Clear();
        using TricklingStream failing = new(Small(), failAt: 100);
        Assert.Throws<IOException>(() => table.Restore(failing, 0));
        Assert.Equal(0, table.Count);
    }

    [Fact]
    public void A_stream_that_disposes_the_table_ends_the_restore()
    {
        CuckooFlowTable<Ipv4FlowKey, long> table = new(100, Everything);
        using TricklingStream stream = new(Small(), failAt: long.MaxValue, table.Dispose);
        Assert.Throws<ObjectDisposedException>(() => table.Restore(stream, 0));
    }

    private static byte[] Small(int entries = 20)
    {
        using CuckooFlowTable<Ipv4FlowKey, long> table = new(100, Everything);
        for (int i = 0; i < entries; i++)
            table.TryAdd((uint)i, new Ipv4FlowKey((uint)i, 2, 3, 4, 6), i, new FlowTimeouts(10, 20), 3);
        MemoryStream stream = new();
        table.Save(stream, 5);
        return stream.ToArray();
    }

    private static void SealHead(byte[] snapshot) =>
        BinaryPrimitives.WriteUInt32LittleEndian(snapshot.AsSpan(HeadChecksumOffset), Crc32C.Append(0, snapshot.AsSpan(0, HeadChecksumOffset)));

    // The one block of these snapshots is refused as a whole.
    private static string AssertRefused(byte[] snapshot, string what)
    {
        using CuckooFlowTable<Ipv4FlowKey, long> table = new(100, Everything);
        try
        {
            table.Restore(new MemoryStream(snapshot), 0);
        }
        catch (InvalidDataException fault)
        {
            Assert.Equal(0, table.Count);
            return fault.Message;
        }
        Assert.Fail($"{what}: accepted");
        return "";
    }

    /// <summary>Gives one byte a read.</summary>
    private sealed class TricklingStream(byte[] bytes, long failAt, Action? read = null) : MemoryStream(bytes)
    {
        public override int Read(Span<byte> buffer)
        {
            read?.Invoke();
            return Position < failAt ? base.Read(buffer[..1]) : throw new IOException("the connection was lost");
        }
    }
}
