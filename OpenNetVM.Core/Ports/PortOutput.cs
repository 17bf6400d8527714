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
    private readonly Lock? _gate;
    private int _count;

    /// <param name="entry">The port.</param>
    /// <param name="queue">Its transmit queue.</param>
    /// <param name="capacity">Packets that can wait.</param>
    /// <param name="gate">Where other workers may share the queue: held for each burst.</param>
    internal PortOutput(PortEntry entry, int queue, int capacity, Lock? gate)
    {
        Entry = entry;
        Queue = queue;
        _gate = gate;
        _pending = new PacketDescriptor[capacity];
    }

    internal PortEntry Entry { get; }

    internal int Queue { get; }

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
        if (_gate is { } gate)
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
