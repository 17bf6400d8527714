using OpenNetVM.Core.NetworkFunctions;

namespace OpenNetVM.Functions.Internals;

/// <summary>Packets that wait in lines, all in one store of fixed size. Used by one thread.</summary>
internal sealed class WaitingPackets
{
    private const int End = -1;

    private readonly HeldPacket[] _packets;
    private readonly PacketPurpose[] _purposes;
    private readonly int[] _next;
    private int _free;

    public WaitingPackets(int capacity)
    {
        _packets = new HeldPacket[capacity];
        _purposes = new PacketPurpose[capacity];
        _next = new int[capacity];
        for (int i = 0; i < capacity; i++)
            _next[i] = i + 1 < capacity ? i + 1 : End;
    }

    /// <summary>Packets in all lines.</summary>
    public int Count { get; private set; }

    /// <summary>Puts a packet at the end of a line; false if the store is full.</summary>
    public bool TryAdd(ref Line line, in HeldPacket packet, PacketPurpose purpose)
    {
        if (_free == End)
            return false;
        int place = _free;
        _free = _next[place];
        _packets[place] = packet;
        _purposes[place] = purpose;
        _next[place] = End;
        if (line.Count == 0)
            line.First = place;
        else
            _next[line.Last] = place;
        line.Last = place;
        line.Count++;
        Count++;
        return true;
    }

    /// <summary>Takes the packet at the head of a line; false if the line is empty.</summary>
    public bool TryTake(ref Line line, out HeldPacket packet, out PacketPurpose purpose)
    {
        packet = default;
        purpose = default;
        if (line.Count == 0)
            return false;
        int place = line.First;
        packet = _packets[place];
        purpose = _purposes[place];
        line.First = _next[place];
        line.Count--;
        _packets[place] = default;
        _next[place] = _free;
        _free = place;
        Count--;
        return true;
    }

    /// <summary>One line. The default value is an empty one.</summary>
    public struct Line
    {
        internal int First;
        internal int Last;

        public int Count { get; internal set; }
    }
}
