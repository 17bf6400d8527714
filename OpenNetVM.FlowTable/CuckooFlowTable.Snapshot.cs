using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using OpenNetVM.FlowTable.Internals;

namespace OpenNetVM.FlowTable;

// An entry of a snapshot, numbers little endian:
//   key, value     as they lie in memory
//   4 bytes        hash
//   4              ticks since the last use                                             where the table tracks use
//   4, 4           idle timeout; ticks until the hard timeout, 0 for none               where it has timeouts
//   8, 8           uses; bytes                                                          where it has counters
// Times are differences modulo 2^32, as everywhere in the table, so any clock can take over. A deadline that is reached on the very tick of the
// save is written as one tick past, because 0 says that there is none.
public sealed unsafe partial class CuckooFlowTable<TKey, TValue>
{
    private const int SnapshotBlockSize = 1 << 16;

    private SnapshotParts Parts =>
        (_tracksUse ? SnapshotParts.LastUse : 0) | (_timers != null ? SnapshotParts.Timeouts : 0) | (_counts ? SnapshotParts.Counters : 0);

    /// <summary>
    /// Writes all entries to a stream, for <see cref="Restore"/> in another table, process or machine. Writer thread only (to others an entry
    /// that is being moved could look missing); readers go on. Memory is bounded however large the table is, and nothing is allocated per entry.
    /// </summary>
    /// <remarks>
    /// Hash, key, value, what is left of the timeouts, the age of the last use and the counters are saved; capacity, seed and memory options
    /// are not. Keys and values are written as they lie in memory, padding between fields included: they must not hold pointers or
    /// handles, and a reader must have the same layout of them. The name of each type is saved with its size and compared on restore, so give a type a new name when
    /// its fields change their meaning.
    /// <para>
    /// The stream is written in parts of at most 64 KiB (or one entry) with this thread waiting for it. The table must stay as it is
    /// meanwhile, so there is no asynchronous form: save to memory or to a file, and send that.
    /// </para>
    /// </remarks>
    /// <param name="stream">Where to; it is neither flushed nor closed.</param>
    /// <param name="now">The clock, in the ticks of timeouts: ages and timeouts are saved relative to it.</param>
    /// <returns>The number of entries written.</returns>
    /// <exception cref="InvalidOperationException">The table was changed while it was saved. What the stream got is no snapshot.</exception>
    /// <exception cref="ObjectDisposedException">The table was disposed.</exception>
    public int Save(Stream stream, uint now)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ThrowIfDisposed();
        ulong version = *_version;
        SnapshotStream output = new(stream);
        int count = _writer->Count;
        SnapshotHeader.Of<TKey, TValue>(Parts).Write(output, count);
        ThrowIfChanged(version);

        int entrySize = SnapshotEntrySize;
        int blockSize = Math.Max(1, SnapshotBlockSize / entrySize) * entrySize;
        byte[] buffer = ArrayPool<byte>.Shared.Rent(blockSize + SnapshotStream.ChecksumSize);
        try
        {
            int length = 0;
            for (uint bucket = 0; bucket < _bucketCount; bucket++)
            {
                for (uint occupied = Bucket.Occupied(_buckets + bucket); occupied != 0; occupied = Bucket.Rest(occupied))
                {
                    SaveEntry(buffer.AsSpan(length, entrySize), bucket, Bucket.First(occupied), now);
                    length += entrySize;
                    if (length == blockSize)
                    {
                        output.Write(buffer.AsSpan(0, length + SnapshotStream.ChecksumSize));
                        ThrowIfChanged(version);
                        length = 0;
                    }
                }
            }
            if (length > 0)
                output.Write(buffer.AsSpan(0, length + SnapshotStream.ChecksumSize));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
        ThrowIfChanged(version);
        GC.KeepAlive(this);
        return count;
    }

    /// <summary>
    /// Adds the entries of a snapshot that <see cref="Save"/> made. Writer thread only; readers go on and see entries as they come. The
    /// table need not be empty: an entry that is there already stays as it is. Memory is bounded whatever the stream says.
    /// </summary>
    /// <remarks>
    /// The table may have another capacity, seed and memory, but the types of key and value must be the same, and so must
    /// <see cref="FlowTableOptions.Timeouts"/>, <see cref="FlowTableOptions.Counters"/> and whether use is tracked (with timeouts or
    /// <see cref="TableFullPolicy.EvictOldest"/>). Entries are added as <see cref="TryAdd(uint, in TKey, in TValue, FlowTimeouts, uint)"/> would:
    /// what happens where there is no room is the table's policy.
    /// <para>
    /// Exactly the bytes of the snapshot are read, and every part is checked before it is used. If a part is damaged or missing, or the stream
    /// throws, the entries of the parts before it have been added and nothing else has been changed; <see cref="Clear"/> starts over. The checksums find damage, not
    /// malice: a stream made with intent cannot harm memory, but it can add any entry, whose key and value have any bytes.
    /// </para>
    /// </remarks>
    /// <param name="stream">Where from; bytes behind the snapshot are left in it.</param>
    /// <param name="now">
    /// The clock of this table, which may have another origin than that of the save: timeouts go on from where they were. To count the time in
    /// between, on a clock that both sides share, pass what was passed to the save.
    /// </param>
    /// <returns>What became of the entries.</returns>
    /// <exception cref="InvalidDataException">The stream holds no snapshot, one of another table's kind, or a damaged or incomplete one.</exception>
    /// <exception cref="ObjectDisposedException">The table was disposed.</exception>
    public RestoreResult Restore(Stream stream, uint now)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ThrowIfDisposed();
        SnapshotStream input = new(stream);
        int left = SnapshotHeader.Of<TKey, TValue>(Parts).Read(input);
        ThrowIfDisposed();

        RestoreResult result = default;
        int entrySize = SnapshotEntrySize;
        int entriesPerBlock = Math.Max(1, SnapshotBlockSize / entrySize);
        byte[] buffer = ArrayPool<byte>.Shared.Rent((entriesPerBlock * entrySize) + SnapshotStream.ChecksumSize);
        try
        {
            while (left > 0)
            {
                int count = Math.Min(left, entriesPerBlock);
                Span<byte> block = buffer.AsSpan(0, (count * entrySize) + SnapshotStream.ChecksumSize);
                input.Read(block, "block of entries");
                input.Verify(block, "block of entries");
                ThrowIfDisposed();
                if (_timers != null)
                    CheckTimeouts(block, count);
                for (int i = 0; i < count; i++)
                    RestoreEntry(block.Slice(i * entrySize, entrySize), now, ref result);
                left -= count;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
        GC.KeepAlive(this);
        return result;
    }

    private int SnapshotEntrySize =>
        sizeof(TKey) + sizeof(TValue) + sizeof(uint) + (_tracksUse ? sizeof(uint) : 0) + (_timers != null ? sizeof(Timers) : 0) + (_counts ? 2 * sizeof(ulong) : 0);

    // Where the timeouts of a saved entry stand; a table with timeouts tracks use.
    private static int SavedTimeoutsOffset => sizeof(TKey) + sizeof(TValue) + (2 * sizeof(uint));

    private void SaveEntry(Span<byte> entry, uint bucket, int slot, uint now)
    {
        byte* place = SlotAt(bucket, slot);
        MemoryMarshal.Write(entry, SlotLayout<TKey, TValue>.Key(place));
        entry = entry[sizeof(TKey)..];
        MemoryMarshal.Write(entry, SlotLayout<TKey, TValue>.Value(place));
        entry = entry[sizeof(TValue)..];
        WriteNumber(ref entry, SlotLayout<TKey, TValue>.Hash(place));
        if (_tracksUse)
            WriteNumber(ref entry, now - SlotLayout<TKey, TValue>.LastUsed(place));
        if (_timers != null)
        {
            Timers timers = *TimersAt(bucket, slot);
            WriteNumber(ref entry, timers.Idle);
            uint remaining = timers.HardDeadline - now;
            WriteNumber(ref entry, timers.HardDeadline == 0 ? 0 : remaining == 0 ? uint.MaxValue : remaining);
        }
        if (_counts)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(entry, SlotLayout<TKey, TValue>.Hits(place));
            BinaryPrimitives.WriteUInt64LittleEndian(entry[sizeof(ulong)..], SlotLayout<TKey, TValue>.Bytes(place));
        }
    }

    private void RestoreEntry(ReadOnlySpan<byte> entry, uint now, ref RestoreResult result)
    {
        TKey key = MemoryMarshal.Read<TKey>(entry);
        entry = entry[sizeof(TKey)..];
        TValue value = MemoryMarshal.Read<TValue>(entry);
        entry = entry[sizeof(TValue)..];
        uint hash = ReadNumber(ref entry);
        AddResult added = FindOrAdd(hash, in key, in value, default, now, out uint bucket, out int slot, out _);
        if (added == AddResult.Exists)
        {
            result = result with { Existing = result.Existing + 1 };
            return;
        }
        if (added == AddResult.Full)
        {
            result = result with { Refused = result.Refused + 1 };
            return;
        }

        result = result with { Added = result.Added + 1, Evicted = result.Evicted + (added == AddResult.Evicted ? 1 : 0) };
        byte* place = SlotAt(bucket, slot);
        if (_tracksUse)
            SlotLayout<TKey, TValue>.LastUsed(place) = now - ReadNumber(ref entry);
        if (_timers != null)
        {
            uint idle = ReadNumber(ref entry);
            uint remaining = ReadNumber(ref entry);
            *TimersAt(bucket, slot) = new Timers { Idle = idle, HardDeadline = remaining == 0 ? 0 : Math.Max(now + remaining, 1) };
        }
        if (_counts)
        {
            SlotLayout<TKey, TValue>.Hits(place) = BinaryPrimitives.ReadUInt64LittleEndian(entry);
            SlotLayout<TKey, TValue>.Bytes(place) = BinaryPrimitives.ReadUInt64LittleEndian(entry[sizeof(ulong)..]);
        }
    }

    // Before any entry of the block is added.
    private void CheckTimeouts(ReadOnlySpan<byte> block, int count)
    {
        int entrySize = SnapshotEntrySize;
        for (int i = 0; i < count; i++)
        {
            uint idle = BinaryPrimitives.ReadUInt32LittleEndian(block[((i * entrySize) + SavedTimeoutsOffset)..]);
            if (idle > FlowTimeouts.Maximum)
                throw new InvalidDataException($"The snapshot has an entry with an idle timeout of {idle} ticks, but {FlowTimeouts.Maximum} is the longest there can be.");
        }
    }

    private static void WriteNumber(ref Span<byte> entry, uint number)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(entry, number);
        entry = entry[sizeof(uint)..];
    }

    private static uint ReadNumber(ref ReadOnlySpan<byte> entry)
    {
        uint number = BinaryPrimitives.ReadUInt32LittleEndian(entry);
        entry = entry[sizeof(uint)..];
        return number;
    }

    // The stream is the caller's code: it may have done anything to the table.
    private void ThrowIfChanged(ulong version)
    {
        ThrowIfDisposed();
        if (*_version != version)
            ThrowChangedWhileSaving();
    }

    [DoesNotReturn]
    [StackTraceHidden]
    private static void ThrowChangedWhileSaving() => throw new InvalidOperationException(
        $"The table was changed while it was saved. {nameof(Save)} belongs to the writer's thread, and the stream must not change the table.");
}
