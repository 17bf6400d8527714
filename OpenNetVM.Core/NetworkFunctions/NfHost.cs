using Microsoft.Extensions.Logging;
using OpenNetVM.Core.Chains;
using OpenNetVM.Core.Memory;
using OpenNetVM.Core.Packets;
using OpenNetVM.Core.Services;

namespace OpenNetVM.Core.NetworkFunctions;

/// <summary>
/// What an <see cref="NfContext"/> stands on: a runner in the manager's process (<see cref="LocalNfHost"/>), or the run loop of a process of its own. Used on the
/// instance's thread only, but for the members that the context says are safe from any.
/// </summary>
internal abstract class NfHost
{
    internal abstract InstanceId Instance { get; }

    internal abstract ServiceId Service { get; }

    internal abstract string ServiceName { get; }

    internal abstract ILoggerFactory Loggers { get; }

    internal abstract IServiceDirectory Services { get; }

    internal abstract IFlowControl Flows { get; }

    internal abstract TimeProvider Time { get; }

    /// <summary>The clock's timestamp at the beginning of this round.</summary>
    internal abstract long Now { get; }

    internal abstract PacketPool Pool { get; }

    /// <summary>The chain that a packet follows. False where none is known: a process of its own does not see the manager's chains.</summary>
    internal virtual bool TryGetChain(in PacketDescriptor descriptor, out ChainId chain)
    {
        chain = default;
        return false;
    }

    /// <summary>The thread is not to sleep beyond a time.</summary>
    internal abstract void ScheduleWakeup(long timestamp);

    internal abstract bool TryPost(InstanceId to, in NfMessage message);

    internal abstract int Post(ServiceId to, in NfMessage message);

    internal abstract bool RequestInstances(int instances);

    /// <summary>Makes an empty packet that the instance holds. False if the pool is exhausted.</summary>
    internal abstract bool TryCreate(out PacketDescriptor descriptor);

    /// <summary>Makes a copy of a packet that the instance holds. False if the pool is exhausted.</summary>
    internal abstract bool TryClone(ref PacketDescriptor source, out PacketDescriptor clone);

    /// <summary>A packet of the burst that is being handled changes hands: whatever the runner does to bursts as a whole holds no more.</summary>
    internal abstract void TakeOwnership();

    /// <summary>Puts a packet on the transmit ring, but for the places that the burst being handled needs.</summary>
    internal abstract bool TryTransmit(in PacketDescriptor descriptor);

    /// <summary>Drops a packet that the instance holds, at its wish.</summary>
    internal abstract void Drop(in PacketDescriptor descriptor);

    /// <summary>The function keeps more, or fewer, packets than before.</summary>
    internal abstract void CountHeld(int change);
}
