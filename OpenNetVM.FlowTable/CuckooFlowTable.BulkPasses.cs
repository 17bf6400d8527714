using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using OpenNetVM.FlowTable.Internals;

namespace OpenNetVM.FlowTable;

// The passes of a bulk lookup. Each is a method of its own that is not inlined, so that it has the registers for itself.
public sealed unsafe partial class CuckooFlowTable<TKey, TValue>
{
    // Up to 32 lookups side by side. Each pass over the chunk asks for the memory that the next one reads. One look at the table's version before
    // and after serves all keys; where the writer stepped in between, the chunk, by now in the cache, is tried once more, then each key by itself.
    // Returns one bit for each hit.
    private uint LookUpChunk(LookupChunk* chunk, ref uint hashes, ref TKey keys, ref TValue values, int count)
    {
        FindBuckets(chunk, ref hashes, ref keys, count);
        for (int attempt = 0; attempt < 2; attempt++)
        {
            ulong version = Volatile.Read(ref *_version);
            MatchTags(chunk, count);
            Volatile.ReadBarrier();
            uint hits = CompareKeys(chunk, ref hashes, ref keys, ref values, count, out uint again);
            Volatile.ReadBarrier();
            if (*_version == version && (version & 1) == 0)
                return again == 0 ? hits : LookUpAgain(chunk, hits, again, ref hashes, ref keys, ref values);
        }
        return LookUpAgain(chunk, 0, uint.MaxValue >> (LookupChunk.Size - count), ref hashes, ref keys, ref values);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void FindBuckets(LookupChunk* chunk, ref uint hashes, ref TKey keys, int count)
    {
        ulong* mixed = chunk->Tags;
        HashMixer mixer = _mixer;
        if (mixer.JoinsKey)
        {
            for (nuint i = 0; i < (nuint)count; i++)
                mixed[i] = mixer.MixWithKey(Unsafe.Add(ref hashes, i), in Unsafe.Add(ref keys, i));
        }
        else
        {
            for (nuint i = 0; i < (nuint)count; i++)
                mixed[i] = mixer.MixHash(Unsafe.Add(ref hashes, i));
        }
        LocateHeads(chunk, _buckets, _bucketCount, count);
    }

    // From mixed hashes to tags and the places of both heads; the same as FirstBucket, Tag and Partner, four keys at a time.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void LocateHeads(LookupChunk* chunk, Bucket* heads, uint bucketCount, int count)
    {
        ulong* place = chunk->Firsts;
        ulong* end = place + count;
        if (Avx2.IsSupported)
        {
            Vector256<ulong> start = Vector256.Create((ulong)heads);
            Vector256<uint> buckets = Vector256.Create((ulong)bucketCount).AsUInt32();
            Vector256<uint> spread = Vector256.Create((ulong)PartnerSpread).AsUInt32();
            for (; place < end; place += Vector256<ulong>.Count)
            {
                Vector256<ulong> mixed = Vector256.Load(place + (2 * LookupChunk.Size));
                Vector256<ulong> first = Avx2.Multiply((mixed >>> 32).AsUInt32(), buckets) >>> 32;
                Vector256<ulong> tag = mixed & Vector256.Create(0xFFFFUL);
                tag -= Vector256.Equals(tag, Vector256<ulong>.Zero);
                Vector256<ulong> odd = (Avx2.Multiply(Avx2.Multiply(tag.AsUInt32(), spread).AsUInt32(), buckets) >>> 32) | Vector256<ulong>.One;
                Vector256<ulong> partner = odd - first;
                partner += Vector256.LessThan(partner.AsInt64(), Vector256<long>.Zero).AsUInt64() & buckets.AsUInt64();
                ((first << Bucket.SizeBits) + start).Store(place);
                ((partner << Bucket.SizeBits) + start).Store(place + LookupChunk.Size);
                tag.Store(place + (2 * LookupChunk.Size));
                PrefetchHeads(place);
                PrefetchHeads(place + 1);
                PrefetchHeads(place + 2);
                PrefetchHeads(place + 3);
            }
            return;
        }
        for (; place < end; place++)
        {
            ulong mixed = place[2 * LookupChunk.Size];
            ushort tag = Tag(mixed);
            uint first = FirstBucket(mixed, bucketCount);
            place[0] = (ulong)(heads + first);
            place[LookupChunk.Size] = (ulong)(heads + Partner(first, tag, bucketCount));
            place[2 * LookupChunk.Size] = tag;
            PrefetchHeads(place);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void PrefetchHeads(ulong* place)
    {
        Prefetch((void*)place[0]);
        Prefetch((void*)place[LookupChunk.Size]);
    }

    // Both buckets at once, without a branch on which of the two it is: that would be mispredicted for one key in five.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void MatchTags(LookupChunk* chunk, int count)
    {
        nuint stride = _stride;
        nuint slotsPerHeadByte = stride * Bucket.Slots / Bucket.Size;
        nuint slots = (nuint)_slots - ((nuint)_buckets * slotsPerHeadByte);
        nuint prefetchEnd = _prefetchEnd;
        ulong* place = chunk->Firsts;
        for (ulong* end = place + count; place < end; place++)
        {
            uint matches = Bucket.MatchBoth((Bucket*)place[0], (Bucket*)place[LookupChunk.Size], (ushort)place[2 * LookupChunk.Size]);
            nuint slot = 0;
            if (matches != 0)
            {
                nuint position = (uint)BitOperations.TrailingZeroCount(matches);

                // Bit 4 says which bucket; LookupChunk.Size numbers further stands the other one's place.
                nuint head = (nuint)place[(position & 16) * (LookupChunk.Size / 16)];
                slot = slots + (head * slotsPerHeadByte) + ((position & 15) * stride);
                Prefetch((void*)slot);
                if (prefetchEnd != 0)
                    Prefetch((void*)(slot + prefetchEnd));
            }
            place[3 * LookupChunk.Size] = slot;
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static uint CompareKeys(LookupChunk* chunk, ref uint hashes, ref TKey keys, ref TValue values, int count, out uint again)
    {
        uint hits = 0;
        uint others = 0;
        uint bit = 1;
        for (nuint i = 0; i < (nuint)count; i++, bit <<= 1)
        {
            byte* slot = (byte*)chunk->Slots[i];
            if (slot == null)
            {
                Unsafe.Add(ref values, i) = default;
            }
            else if (SlotLayout<TKey, TValue>.Holds(slot, Unsafe.Add(ref hashes, i), in Unsafe.Add(ref keys, i)))
            {
                SlotLayout<TKey, TValue>.CopyValue(slot, ref Unsafe.Add(ref values, i));
                hits |= bit;
            }
            else
            {
                others |= bit;
            }
        }
        again = others;
        return hits;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private uint LookUpAgain(LookupChunk* chunk, uint hits, uint again, ref uint hashes, ref TKey keys, ref TValue values)
    {
        hits &= ~again;
        for (; again != 0; again &= again - 1)
        {
            int i = BitOperations.TrailingZeroCount(again);
            byte* slot = Find(Unsafe.Add(ref hashes, i), in Unsafe.Add(ref keys, i), out Unsafe.Add(ref values, i));
            chunk->Slots[i] = (ulong)slot;
            if (slot != null)
                hits |= 1u << i;
        }
        return hits;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Prefetch(void* address)
    {
        // Elsewhere the passes still let an out-of-order core overlap the loads.
        if (Sse.IsSupported)
            Sse.Prefetch0(address);
    }
}
