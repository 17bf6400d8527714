using OpenNetVM.Core.Chains;
using OpenNetVM.Core.Dataplane;
using OpenNetVM.Core.Ports;

namespace OpenNetVM.Core.Management;

/// <summary>A worker with what every worker has: an executor, and a poller for the transmit rings of the instances that it serves.</summary>
internal sealed class WorkerSlot
{
    internal WorkerSlot(DataplaneState plane, Worker worker)
    {
        Worker = worker;
        Executor = plane.AddExecutor(worker);
        Transmitter = new TxPoller(plane, Executor);
    }

    internal Worker Worker { get; }

    internal ChainExecutor Executor { get; }

    internal TxPoller Transmitter { get; }

    // Replaced whole: ports look here, from any thread, which worker to wake. Changed under the manager's lock.
    private RxPoller[] _receivers = [];

    internal void AddReceiver(RxPoller receiver) => Volatile.Write(ref _receivers, [.. _receivers, receiver]);

    /// <summary>Forgets the receivers of a port, and returns them.</summary>
    internal RxPoller[] TakeReceivers(PortEntry port)
    {
        RxPoller[] taken = Array.FindAll(_receivers, receiver => receiver.Serves(port));
        Volatile.Write(ref _receivers, Array.FindAll(_receivers, receiver => !receiver.Serves(port)));
        return taken;
    }

    /// <summary>On the worker's thread, or before it runs: nothing more is taken from the ports.</summary>
    internal void DisableReceivers() => SetReceivers(enabled: false);

    /// <summary>On the worker's thread.</summary>
    internal void EnableReceivers() => SetReceivers(enabled: true);

    private void SetReceivers(bool enabled)
    {
        foreach (RxPoller receiver in Volatile.Read(ref _receivers))
            receiver.Enabled = enabled;
    }

    // A loop, because a port may ask for each packet: a lambda would allocate.
    internal bool Serves(PortEntry port, int queue)
    {
        foreach (RxPoller receiver in Volatile.Read(ref _receivers))
        {
            if (receiver.Serves(port, queue))
                return true;
        }

        return false;
    }
}
