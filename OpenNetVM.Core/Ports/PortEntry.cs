namespace OpenNetVM.Core.Ports;

/// <summary>A port as a member of a platform.</summary>
internal sealed class PortEntry(PortId id, IPort port)
{
    // A transmit queue belongs to one thread at a time. Where there are fewer queues than workers, the workers that share one take turns, a burst each.
    private readonly Lock?[] _queueGates = new Lock?[Math.Max(1, port.Info.TransmitQueues)];
    private PortOutput[] _outputs = [];
    private bool _removed;

    internal PortId Id { get; } = id;

    internal IPort Port { get; } = port;

    /// <summary>True once the port was removed from the running platform: nothing is sent to it any more.</summary>
    internal bool IsRemoved
    {
        get => Volatile.Read(ref _removed);
        set => Volatile.Write(ref _removed, value);
    }

    internal PortInfo Info { get; } = port.Info;

    /// <summary>Every worker's way out, as they are at the moment. Safe from any thread, while workers make theirs.</summary>
    internal ReadOnlySpan<PortOutput> Outputs => Volatile.Read(ref _outputs);

    /// <summary>Makes a worker's way out of this port. One thread at a time.</summary>
    /// <param name="capacity">Packets that can wait in it.</param>
    /// <param name="workers">How many workers may have one.</param>
    internal PortOutput AddOutput(int capacity, int workers)
    {
        int queue = _outputs.Length % _queueGates.Length;
        // From the first packet on: when a second worker comes, the first may be in the middle of a burst.
        Lock? gate = workers > _queueGates.Length ? _queueGates[queue] ??= new Lock() : null;
        PortOutput output = new(this, queue, capacity, gate);
        Volatile.Write(ref _outputs, [.. _outputs, output]);
        return output;
    }
}
