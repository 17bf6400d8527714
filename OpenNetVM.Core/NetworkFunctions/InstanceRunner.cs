using OpenNetVM.Core.Dataplane;
using OpenNetVM.Core.Services;

namespace OpenNetVM.Core.NetworkFunctions;

/// <summary>
/// What runs one instance as the manager sees it: in this process (<see cref="NfRunner"/>) or, watched from here, in another. Belongs to one worker; what changes its state is called on
/// that worker's thread, or while it has none.
/// </summary>
internal abstract class InstanceRunner(NfInstance instance, TxPoller transmitter) : IPollable
{
    public abstract string Name { get; }

    internal NfInstance Instance => instance;

    /// <summary>Takes what the function has handled.</summary>
    internal TxPoller Transmitter => transmitter;

    /// <summary>The worker that polls this.</summary>
    internal abstract Worker Worker { get; }

    /// <summary>Packets that the function has handled.</summary>
    internal abstract long HandledPackets { get; }

    /// <summary>Packets that the function keeps.</summary>
    internal abstract int HeldPackets { get; }

    /// <summary>Packets that the function made.</summary>
    internal abstract long CreatedPackets { get; }

    /// <summary>Faults since the platform started.</summary>
    internal int TotalFaults { get; private protected set; }

    public abstract int Poll();

    /// <summary>Hands a message to the function, from any thread. False if too many wait, or the instance has stopped.</summary>
    internal abstract bool TryPost(in NfMessage message);

    /// <summary>Begins to stop: no new packets; those that are here are handled first. The task ends when nothing is left.</summary>
    internal abstract Task BeginStop();

    /// <summary>Makes the function leave its packets alone, or go on.</summary>
    internal abstract void SetPaused(bool paused);
}
