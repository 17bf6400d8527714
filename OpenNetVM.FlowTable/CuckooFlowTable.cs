using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using OpenNetVM.FlowTable.Internals;

namespace OpenNetVM.FlowTable;

// How one writer and many readers share the table without locks.
//
// Memory: bucket heads (see Bucket), then the slots (12 per bucket: key, value, hash, last use, counters), then the slots' timeouts, then
// the writer's own lines. A key belongs to two buckets: the first from the mixed hash, its partner from bucket and tag, so that an entry can
// be moved without its key being looked at: partner = (odd(tag) - bucket) mod n. With n even and odd(tag) odd the two differ always, and the
// partner's partner is the bucket itself.
//
// Every bucket has a version, and so has the table; the writer steps both.
//
// Writer, to fill an empty slot:
//   W1. write barrier: the version step that emptied the slot (W5) becomes visible before anything is written over the old contents;
//   W2. write key, value, hash and times into the slot;
//   W3. store the tag (release): who sees the tag sees the contents;
//   W4. bucket's version + 2, then table's version + 2 (release): who missed the tag will know that something changed.
// Writer, to empty a slot:
//   W5. store tag 0 (release: after everything before, above all after the W4 of an entry's new place), then both versions + 2 (release).
// Writer, to move an entry to its partner bucket: fill there (W1-W4), then empty here (W5). At every moment the entry is in at least one.
// Writer, to replace a value in place:
//   W6. 1, 2, 4 or 8 bytes: one aligned store (release). Readers see the old or the new value; nothing else changes.
//   W7. any other size: write barrier; copy slot number and new value to the shadow; write barrier; both versions + 1 (now odd); write barrier; copy
//       the value into the slot; both versions + 1 (release, even again).
//
// Reader, the short way, for one key or for a burst of them:
//   T1. read the table's version (acquire), then the tags of all buckets concerned; read barrier;
//   T2. for each key: compare hash and key of the first slot with its tag, and copy the value; read barrier;
//   T3. the table's version is unchanged and even: all that was found and all that was missed holds. Else, and for a key whose tag
//       belonged to another key, the long way.
//
// Reader, the long way, for one key:
//   R1. read the version of the first bucket (acquire), then its tags; read barrier;
//   R2. for each slot with the tag: compare hash and key, and copy the value; where the version is odd and the slot is the shadow's, copy from
//       the shadow instead. Read barrier; if the version is unchanged this is a hit, because contents are overwritten only after a version
//       step (W1, W7) and a reader that saw any of the new contents must see that step too. Otherwise start again.
//   R3. the same in the second bucket with its own version.
//   R4. found in neither: read barrier; if both versions are unchanged this is a miss. An entry that was moved past the reader has passed W4 in
//       its new bucket before W5 in its old one, so a reader that saw it gone must see the new bucket's version step, and starts again.
//
// The reasons given for R2 and R4 are those for T3 as well: the table's version steps with every bucket's. The short way looks at one line
// that changes with every step of the writer, so a busy writer sends readers the long way; there a reader repeats only when the writer
// completed a step in one of its two buckets meanwhile. A writer that stands still, at whatever line, makes no reader wait: there is no
// state of "being written" that a reader would have to sit out.

/// <summary>
/// A hash table of fixed capacity for one writer and any number of readers at once: lookups take no lock and wait for nobody, and every
/// member that changes the table belongs to one thread at a time (several writers need a lock of their own around those members).
/// Readers never miss a key that is present throughout the lookup, and never see a torn value or the value of another key.
/// </summary>
/// <remarks>
/// The caller passes a hash with every key, typically the RSS hash that the network card has computed already, so that the packet's
/// header needs no second hashing. Hash and key together are the identity of an entry: use one hash function for all that a table holds.
/// <para>
/// Entries lie in memory outside the garbage collector's heap, in buckets of 12 slots; every key has two buckets. An add that finds both full
/// moves entries to their other buckets along the shortest path found by a bounded breadth-first search. More than 95 % of the slots are
/// filled before the first add is refused, with any reasonable hash, symmetric RSS hashes included; a refused add changes nothing.
/// </para>
/// <para>
/// To scale writes, give each core a table of its own and let RSS divide the flows among them: nothing is shared then.
/// </para>
/// <para>
/// Lookups read memory that <see cref="Dispose"/> gives back: dispose only when no other thread is inside a member.
/// </para>
/// </remarks>
/// <typeparam name="TKey">
/// Type of keys. <see cref="IEquatable{T}.Equals(T)"/> may be called with a key that the writer is overwriting (the answer is then thrown
/// away), so it must depend on nothing but the bytes of the two keys and must not throw.
/// </typeparam>
/// <typeparam name="TValue">Type of values. Values of 1, 2, 4 or 8 bytes are replaced in place most cheaply.</typeparam>
[DebuggerDisplay("Count = {Count}/{Capacity}")]
public sealed unsafe partial class CuckooFlowTable<TKey, TValue> : IDisposable
    where TKey : unmanaged, IEquatable<TKey>
    where TValue : unmanaged
{
    /// <summary>The largest capacity that can be asked for.</summary>
    public const int MaximumCapacity = 1 << 30;

    // Spreads 16 bits over 32 (the golden ratio, as in Fibonacci hashing).
    private const uint PartnerSpread = 0x9E3779B1;

    private readonly NativeRegion _region;
    private readonly HashMixer _mixer;
    private readonly FlowTableOptions _options;
    private readonly uint _bucketCount;
    private readonly uint _stride;
    private readonly uint _prefetchEnd;
    private readonly bool _tracksUse;
    private readonly bool _counts;

    // All null after Dispose; readers test _buckets only.
    private Bucket* _buckets;
    private ulong* _version;
    private byte* _slots;
    private Timers* _timers;
    private WriterLine* _writer;

    /// <summary>Makes an empty table.</summary>
    /// <param name="capacity">Number of slots, rounded up to a multiple of 24. Ask for 5 % more than the entries that must fit.</param>
    /// <param name="options">How the table is made; null for <see cref="FlowTableOptions.Default"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The capacity is not between 1 and <see cref="MaximumCapacity"/>.</exception>
    /// <exception cref="OutOfMemoryException">The system has not that much memory.</exception>
    public CuckooFlowTable(int capacity, FlowTableOptions? options = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(capacity);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(capacity, MaximumCapacity);
        _options = options ?? FlowTableOptions.Default;
        _tracksUse = _options.Timeouts || _options.WhenFull == TableFullPolicy.EvictOldest;
        _counts = _options.Counters;
        _mixer = new HashMixer(_options.Seed ?? 0, joinKey: !_options.HashOnly);
        _stride = SlotLayout<TKey, TValue>.Stride(_tracksUse, _counts);
        _prefetchEnd = 64 % _stride == 0 ? 0 : _stride - 1;

        // An even number of buckets: see the partner's definition above.
        _bucketCount = 2 * (((uint)capacity + (2 * Bucket.Slots) - 1) / (2 * Bucket.Slots));
        nuint slots = (nuint)_bucketCount * Bucket.Slots;
        nuint slotsStart = CacheLines((nuint)_bucketCount * Bucket.Size);
        nuint timersStart = slotsStart + CacheLines(slots * _stride);
        nuint writerStart = timersStart + (_options.Timeouts ? CacheLines(slots * (nuint)sizeof(Timers)) : 0);
        nuint versionStart = writerStart + CacheLines((nuint)sizeof(WriterLine) + (2 * (nuint)sizeof(TValue)));
        nuint length = versionStart + 64;

        _region = NativeRegion.Allocate(length, _options.HugePages);
        _buckets = (Bucket*)_region.Start;
        _slots = _region.Start + slotsStart;
        _timers = _options.Timeouts ? (Timers*)(_region.Start + timersStart) : null;
        _writer = (WriterLine*)(_region.Start + writerStart);
        _version = (ulong*)(_region.Start + versionStart);
    }

    /// <summary>Number of entries. Any thread may ask; beside a busy writer the answer may be a moment old.</summary>
    public int Count
    {
        get
        {
            WriterLine* writer = _writer;
            int count = writer == null ? 0 : Volatile.Read(ref writer->Count);
            GC.KeepAlive(this);
            return count;
        }
    }

    /// <summary>Number of slots: the capacity asked for, rounded up to a multiple of 24.</summary>
    public int Capacity => (int)_bucketCount * Bucket.Slots;

    /// <summary>Number of buckets: what <see cref="Sweep(uint, int, Action{FlowEntry{TKey, TValue}, ExpiryReason})"/> counts its work in.</summary>
    public int BucketCount => (int)_bucketCount;

    /// <summary>Part of the slots that hold an entry, 0 to 1.</summary>
    public double LoadFactor => (double)Count / Capacity;

    /// <summary>Bytes of memory the table has taken from the system, outside the garbage collector's heap.</summary>
    public long MemoryBytes => (long)_region.Length;

    /// <summary>The kind of pages the memory was mapped with; <see cref="HugePageUse.Transparent"/> is advice that the kernel may follow in part.</summary>
    public HugePageUse Pages => _region.Pages;

    /// <summary>The options the table was made with.</summary>
    public FlowTableOptions Options => _options;

    /// <summary>Gives the memory back. No other thread may be inside a member; later calls of most members throw <see cref="ObjectDisposedException"/>.</summary>
    public void Dispose()
    {
        _buckets = null;
        _slots = null;
        _timers = null;
        _writer = null;
        _version = null;
        _region.Dispose();
    }

    private static nuint CacheLines(nuint length) => (length + 63) & ~(nuint)63;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint FirstBucket(ulong mixed, uint bucketCount) => (uint)(((mixed >> 32) * bucketCount) >> 32);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ushort Tag(ulong mixed) => (ushort)((ushort)mixed == 0 ? 1 : mixed);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Partner(uint bucket, ushort tag, uint bucketCount)
    {
        // Modulo without a branch: which way it would go is a matter of chance.
        uint odd = (uint)(((ulong)(tag * PartnerSpread) * bucketCount) >> 32) | 1;
        long partner = (long)odd - bucket;
        return (uint)(partner + (bucketCount & (partner >> 63)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private byte* SlotAt(uint bucket, int slot) => _slots + (((nuint)bucket * Bucket.Slots) + (nuint)slot) * _stride;

    private Timers* TimersAt(uint bucket, int slot) => _timers + ((nuint)bucket * Bucket.Slots) + slot;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void ThrowIfDisposed()
    {
        if (_buckets == null)
            ThrowDisposed();
    }

    [DoesNotReturn]
    [StackTraceHidden]
    private static void ThrowDisposed() => throw new ObjectDisposedException(nameof(CuckooFlowTable<,>));
}
