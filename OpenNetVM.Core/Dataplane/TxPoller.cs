using OpenNetVM.Core.Chains;
using OpenNetVM.Core.Packets;
using OpenNetVM.Core.Services;

namespace OpenNetVM.Core.Dataplane;

/// <summary>
/// Takes what its instances have handled and sends it on its way: to the next instance, out of a port, or nowhere (paper, "TX thread").
/// Belongs to one worker; an instance's transmit ring has one such consumer at a time.
/// </summary>
internal sealed class TxPoller(DataplaneState plane, ChainExecutor executor) : IPollable
{
    private NfInstance[] _instances = [];

    public string Name => "TX " + executor.Worker.Name;

    internal Worker Worker => executor.Worker;

    internal ChainExecutor Executor => executor;

    public int Poll()
    {
        int work = 0;
        foreach (NfInstance instance in _instances)
            work += Take(instance);

        if (work > 0 || executor.HasPendingOutput)
            work += executor.Flush();
        return work == 0 && executor.HasPendingOutput ? IPollable.Blocked : work;
    }

    /// <summary>Takes a burst of an instance that this worker runs, right behind its function.</summary>
    internal void Poll(NfInstance instance)
    {
        if (Take(instance) > 0)
            executor.Flush();
    }

    private int Take(NfInstance instance)
    {
        if (instance.Remote is { } remote)
            return remote.TakeReturned();
        Span<PacketDescriptor> burst = instance.Transmit.Peek(plane.BurstSize);
        if (burst.IsEmpty)
            return 0;
        executor.Route(burst, instance);
        instance.Transmit.Advance(burst.Length);
        return burst.Length;
    }

    /// <summary>On the worker's thread, or while it has none.</summary>
    internal void Add(ReadOnlySpan<NfInstance> instances) => Volatile.Write(ref _instances, [.. _instances, .. instances]);

    /// <summary>On the worker's thread, or while it has none.</summary>
    internal void Remove(NfInstance instance) => Volatile.Write(ref _instances, Array.FindAll(_instances, other => other != instance));
}
