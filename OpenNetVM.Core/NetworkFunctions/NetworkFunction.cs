using Microsoft.Extensions.Logging;
using OpenNetVM.Core.Packets;

namespace OpenNetVM.Core.NetworkFunctions;

/// <summary>
/// A network function: derive from it, override <see cref="Process"/> (one packet at a time) or <see cref="ProcessBatch"/> (a burst), and
/// add it to a platform as a service (paper, "NF library"). All methods of one object run on one thread at a time, its worker's, so a
/// function needs no locks for its own state; each instance of a service is an object of its own.
/// </summary>
/// <example>
/// <code>
/// sealed class DropTelnet : NetworkFunction
/// {
///     protected override void Process(Packet packet)
///     {
///         if (packet.TryGetFlowKey(out Ipv4FlowKey flow) &amp;&amp; flow is { Protocol: 6, DestinationPort: 23 })
///             packet.Drop();
///     }
/// }
/// </code>
/// </example>
public abstract class NetworkFunction
{
    private NfContext? _context;

    /// <summary>The packet of the default <see cref="ProcessBatch"/> that is being handled, -1 where that is not known.</summary>
    internal int CurrentPacket { get; set; } = -1;

    /// <summary>Who this instance is and what it can ask of the manager.</summary>
    /// <exception cref="InvalidOperationException">The function was not started by a platform yet.</exception>
    protected NfContext Context =>
        _context ?? throw new InvalidOperationException($"{GetType().Name} has no context yet: it is set when a platform starts the instance, before {nameof(OnStart)}.");

    /// <summary>
    /// Handles one packet. What is to be done with it is set on the packet (<see cref="Packet.Drop"/>, <see cref="Packet.SendTo(Services.ServiceId)"/>,
    /// <see cref="NfContext.Hold"/>...); if nothing is, it follows its chain. An exception faults the instance: the packet is dropped, counted and saved
    /// for inspection, the others go to other instances.
    /// </summary>
    protected virtual void Process(Packet packet)
    {
    }

    /// <summary>Handles a burst; the default handles its packets one by one with <see cref="Process"/>.</summary>
    protected virtual void ProcessBatch(PacketBatch batch)
    {
        for (int i = 0; i < batch.Count; i++)
        {
            CurrentPacket = i;
            Process(batch[i]);
        }
    }

    /// <summary>Called once before the first packet. An exception keeps the instance from starting.</summary>
    protected virtual void OnStart()
    {
    }

    /// <summary>Called once after the last packet, also after a fault; not for a function whose <see cref="OnStart"/> threw.</summary>
    protected virtual void OnStop()
    {
    }

    /// <summary>
    /// Called in a process of its own, which has outlived its manager and found another: the instance's id may be another, and the packets that it held are gone. The default does
    /// nothing.
    /// </summary>
    protected virtual void OnManagerChanged()
    {
    }

    /// <summary>Called for each message that came for this instance or its service.</summary>
    protected virtual void OnMessage(in NfMessage message)
    {
    }

    internal void Attach(NfContext context)
    {
        if (_context is not null)
            throw new InvalidOperationException($"This {GetType().Name} object runs as {_context.Instance} already. The service's factory must make a new object at each call.");
        _context = context;
    }

    internal void Start() => OnStart();

    /// <summary>Stops the function; what it throws then is only logged.</summary>
    internal void Stop(ILogger logger)
    {
        try
        {
            OnStop();
        }
        catch (Exception exception)
        {
            logger.LogError(exception, "{Function} threw when it was stopped", GetType().Name);
        }
    }

    internal void ManagerChanged() => OnManagerChanged();

    internal void Handle(PacketBatch batch) => ProcessBatch(batch);

    internal void Deliver(in NfMessage message) => OnMessage(message);
}
