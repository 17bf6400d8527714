using OpenNetVM.Core.Diagnostics;
using OpenNetVM.Core.Memory;
using OpenNetVM.Core.Packets;

namespace OpenNetVM.Core.Ports;

/// <summary>
/// One worker's way out of one port: gathers packets into bursts. What the port does not take at once waits here, in order, and is
/// offered again at the worker's next turn; only when this is full as well are packets dropped.
/// </summary>
internal sealed class PortOutput
{
    private readonly PacketDescriptor[] _pending;
    private int _count;

    internal PortOutput(PortEntry entry, int queue, int capacity)
    {
        Entry = entry;
        Queue = queue;
        _pending = new PacketDescriptor[capacity];
    }

    internal PortEntry Entry { get; }

    internal int Queue { get; }

    /// <summary>Set where several workers share the queue.</summary>
    internal Lock? Gate { get; set; }

    internal DropCounters Drops { get; } = new();

    /// <summary>Packets that wait.</summary>
    internal int Count => Volatile.Read(ref _count);

    /// <summary>Free places; the caller fills them from the front and calls <see cref="Added"/>.</summary>
    internal Span<PacketDescriptor> Room => _pending.AsSpan(_count);

    internal void Added(int packets) => _count += packets;

    /// <summary>Offers what waits to the port. Returns how many packets it took.</summary>
    internal int Flush(PoolCache cache)
    {
        if (_count == 0)
            return 0;

        int sent;
        if (Gate is { } gate)
        {
            lock (gate)
                sent = Transmit(cache);
        }
        else
        {
            sent = Transmit(cache);
        }

        if (sent < _count)
            _pending.AsSpan(sent, _count - sent).CopyTo(_pending);
        _count -= sent;
        return sent;
    }

    /// <summary>Takes everything that waits, to be dropped. Returns the packets; valid until the next call.</summary>
    internal Span<PacketDescriptor> TakeAll()
    {
        Span<PacketDescriptor> all = _pending.AsSpan(0, _count);
        _count = 0;
        return all;
    }

    // The port is somebody else's code: a count that cannot be is not followed.
    private int Transmit(PoolCache cache) => Math.Clamp(Entry.Port.Transmit(Queue, _pending.AsSpan(0, _count), cache), 0, _count);
}
