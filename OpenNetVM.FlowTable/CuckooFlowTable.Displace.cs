using System.Runtime.CompilerServices;
using OpenNetVM.FlowTable.Internals;

namespace OpenNetVM.FlowTable;

public sealed unsafe partial class CuckooFlowTable<TKey, TValue>
{
    // Buckets a search may look into: enough for well over 95 % load, and the bound on the work of an add that is refused.
    private const int SearchLimit = 256;

    private readonly SearchStep[] _search = new SearchStep[SearchLimit];

    // An empty slot in one of the two buckets, made by moving other entries where need be. False: no room was found and nothing was moved.
    private bool TryFindRoom(uint first, uint second, out uint bucket, out int slot)
    {
        bucket = first;
        slot = EmptySlot(first);
        if (slot >= 0)
            return true;
        bucket = second;
        slot = EmptySlot(second);
        if (slot >= 0)
            return true;

        int end = SearchForRoom(first, second, out int emptySlot);
        if (end < 0)
            return false;
        // From the end of the path to its start, so that every entry moves into a slot that is empty already.
        int step = end;
        slot = emptySlot;
        while (_search[step].From >= 0)
        {
            int from = _search[step].From;
            Move(_search[from].Bucket, _search[step].Slot, _search[step].Bucket, slot);
            slot = _search[step].Slot;
            step = from;
        }
        bucket = _search[step].Bucket;
        return true;
    }

    // Breadth first, so that the fewest entries move. Reads only. Returns the step whose bucket has an empty slot, or -1.
    private int SearchForRoom(uint first, uint second, out int emptySlot)
    {
        SearchStep[] search = _search;
        search[0] = new SearchStep { Bucket = first, From = -1 };
        search[1] = new SearchStep { Bucket = second, From = -1 };
        int count = 2;
        for (int current = 0; current < count; current++)
        {
            uint bucket = search[current].Bucket;
            Bucket* head = _buckets + bucket;
            for (int slot = 0; slot < Bucket.Slots && count < SearchLimit; slot++)
            {
                uint partner = Partner(bucket, head->Tags[slot], _bucketCount);
                if (IsOnPath(current, partner))
                    continue;
                search[count] = new SearchStep { Bucket = partner, From = (short)current, Slot = (short)slot };
                emptySlot = EmptySlot(partner);
                if (emptySlot >= 0)
                    return count;
                count++;
            }
        }
        emptySlot = -1;
        return -1;
    }

    // A path through one bucket twice would move entries that it has moved already. The starting buckets are known to be full.
    private bool IsOnPath(int step, uint bucket)
    {
        if (bucket == _search[0].Bucket || bucket == _search[1].Bucket)
            return true;
        for (; step >= 0; step = _search[step].From)
        {
            if (_search[step].Bucket == bucket)
                return true;
        }
        return false;
    }

    // Fills the slot in the partner bucket (W1 to W4), then empties the old one (W5).
    private void Move(uint from, int fromSlot, uint to, int toSlot)
    {
        byte* source = SlotAt(from, fromSlot);
        byte* target = SlotAt(to, toSlot);
        Volatile.WriteBarrier(); // W1
        Unsafe.CopyBlockUnaligned(target, source, _stride);
        if (_timers != null)
            *TimersAt(to, toSlot) = *TimersAt(from, fromSlot);
        Publish(to, toSlot, _buckets[from].Tags[fromSlot]);
        Empty(from, fromSlot);
    }

    private int EmptySlot(uint bucket)
    {
        uint empty = Bucket.Match(_buckets + bucket, 0);
        return empty == 0 ? -1 : Bucket.First(empty);
    }

    // Both buckets are full when this is asked.
    private (uint Bucket, int Slot) LeastRecentlyUsed(uint first, uint second, uint now)
    {
        (uint Bucket, int Slot) oldest = (first, 0);
        int longest = int.MinValue;
        for (int i = 0; i < 2 * Bucket.Slots; i++)
        {
            uint bucket = i < Bucket.Slots ? first : second;
            int slot = i % Bucket.Slots;
            int idle = (int)(now - SlotLayout<TKey, TValue>.LastUsed(SlotAt(bucket, slot)));
            if (idle > longest)
            {
                longest = idle;
                oldest = (bucket, slot);
            }
        }
        return oldest;
    }
}
