using OpenNetVM.Core.Chains;
using OpenNetVM.Core.Dataplane;

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

    internal List<RxPoller> Receivers { get; } = [];
}
