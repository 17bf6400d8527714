using System.Buffers.Binary;
using System.Security.Cryptography;
using OpenNetVM.FlowTable;

namespace OpenNetVM.Functions.Internals;

/// <summary>The stations that a router knows or asks for, in slots that keep their number. Used by one thread; allocates nothing once made.</summary>
internal sealed class NeighbourTable : IDisposable
{
    // How many slots are looked at for one that can be given up when all are taken.
    private const int EvictionSearch = 16;

    private readonly CuckooFlowTable<ulong, int> _slotOf;
    private readonly Neighbour[] _slots;
    private readonly int[] _free;
    private int _freeCount;
    private int _hand;

    public NeighbourTable(int capacity)
    {
        // A tenth more, as the table asks for. The seed keeps a sender from choosing addresses that crowd into the same buckets.
        _slotOf = new CuckooFlowTable<ulong, int>(capacity + (capacity / 10) + 1, new FlowTableOptions
        {
            Seed = BinaryPrimitives.ReadUInt64LittleEndian(RandomNumberGenerator.GetBytes(sizeof(ulong))),
        });
        _slots = new Neighbour[capacity];
        _free = [.. Enumerable.Range(0, capacity).Reverse()];
        _freeCount = capacity;
    }

    public int Capacity => _slots.Length;

    public int Count => _slots.Length - _freeCount;

    /// <summary>How many are being asked for.</summary>
    public int AskedCount { get; private set; }

    public ref Neighbour this[int slot] => ref _slots[slot];

    /// <summary>The slot of a station; false if there is none.</summary>
    public bool TryFind(int network, uint address, out int slot)
    {
        ulong key = KeyOf(network, address);
        return _slotOf.TryGetValue(HashOf(key), key, out slot);
    }

    /// <summary>Adds a station that is not there, as one to be asked. If there is no room, one that is known but not in use makes room.</summary>
    /// <returns>False if there is no room, or half of the slots are stations being asked for.</returns>
    public bool TryAdd(int network, uint address, out int slot)
    {
        slot = 0;
        if (2 * AskedCount >= _slots.Length || (_freeCount == 0 && !TryEvict()))
            return false;
        slot = _free[_freeCount - 1];
        ulong key = KeyOf(network, address);
        if (_slotOf.TryAdd(HashOf(key), key, slot) != AddResult.Added)
            return false;
        _freeCount--;
        AskedCount++;
        _slots[slot] = new Neighbour { Key = key, State = NeighbourState.Asked };
        return true;
    }

    /// <summary>Says that a station's address is known now.</summary>
    public void MarkKnown(int slot)
    {
        if (_slots[slot].State == NeighbourState.Asked)
            AskedCount--;
        _slots[slot].State = NeighbourState.Known;
    }

    /// <summary>Forgets a station, for which no packet waits any more.</summary>
    public void Remove(int slot)
    {
        ulong key = _slots[slot].Key;
        _slotOf.Remove(HashOf(key), key);
        if (_slots[slot].State == NeighbourState.Asked)
            AskedCount--;
        _slots[slot] = default;
        _free[_freeCount++] = slot;
    }

    public void Dispose() => _slotOf.Dispose();

    private bool TryEvict()
    {
        for (int i = 0; i < EvictionSearch; i++)
        {
            _hand = _hand + 1 < _slots.Length ? _hand + 1 : 0;
            if (_slots[_hand] is { State: NeighbourState.Known, IsUsed: false })
            {
                Remove(_hand);
                return true;
            }
        }

        return false;
    }

    private static ulong KeyOf(int network, uint address) => ((ulong)(uint)network << 32) | address;

    private static uint HashOf(ulong key) => (uint)key ^ ((uint)(key >> 32) * 0x9E3779B1);
}
