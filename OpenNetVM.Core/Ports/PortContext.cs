using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OpenNetVM.Core.Memory;

namespace OpenNetVM.Core.Ports;

/// <summary>What a platform gives a port when it starts it.</summary>
public sealed class PortContext
{
    private readonly Action<int>? _receivable;

    /// <summary>Makes a context.</summary>
    /// <param name="id">The port's id in its platform.</param>
    /// <param name="pool">Where the port's packets live.</param>
    /// <param name="time">The platform's clock; null for the system's.</param>
    /// <param name="logger">Where the port reports; null for nowhere.</param>
    /// <param name="receivable">Called with a queue number when packets came to wait in an idle receive queue; from any thread; may be called too often.</param>
    public PortContext(PortId id, PacketPool pool, TimeProvider? time = null, ILogger? logger = null, Action<int>? receivable = null)
    {
        ArgumentNullException.ThrowIfNull(pool);
        Id = id;
        Pool = pool;
        Time = time ?? TimeProvider.System;
        Logger = logger ?? NullLogger.Instance;
        _receivable = receivable;
    }

    /// <summary>The port's id in its platform: the ingress port of what it receives.</summary>
    public PortId Id { get; }

    /// <summary>Where the port's packets live.</summary>
    public PacketPool Pool { get; }

    /// <summary>The platform's clock.</summary>
    public TimeProvider Time { get; }

    /// <summary>Where the port reports what an operator should know.</summary>
    public ILogger Logger { get; }

    /// <summary>
    /// Wakes the worker that polls <paramref name="queue"/>, should it sleep. A port that can tell calls it when a packet arrives at an empty
    /// queue; one that cannot is polled at intervals by workers that sleep.
    /// </summary>
    public void NotifyReceivable(int queue) => _receivable?.Invoke(queue);
}
