namespace OpenNetVM.Core.Ports;

/// <summary>A port as a member of a platform.</summary>
internal sealed class PortEntry(PortId id, IPort port)
{
    // A transmit queue belongs to one thread at a time. Where there are fewer queues than workers, the workers that share one take turns, a burst each.
    private readonly Lock?[] _queueGates = new Lock?[Math.Max(1, port.Info.TransmitQueues)];
    private int _outputs;
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

    /// <summary>Every worker's way out, for statistics.</summary>
    internal List<PortOutput> Outputs { get; } = [];

    /// <summary>Makes a worker's way out of this port. Before the platform starts, or under its control lock.</summary>
    internal PortOutput AddOutput(int capacity)
    {
        int queue = _outputs % _queueGates.Length;
        PortOutput output = new(this, queue, capacity);
        if (_outputs >= _queueGates.Length)
        {
            Lock gate = _queueGates[queue] ??= new Lock();
            foreach (PortOutput other in Outputs.Where(other => other.Queue == queue))
                other.Gate = gate;
            output.Gate = gate;
        }

        _outputs++;
        Outputs.Add(output);
        return output;
    }
}
