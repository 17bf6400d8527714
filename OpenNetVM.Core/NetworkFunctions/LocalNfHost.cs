using Microsoft.Extensions.Logging;
using OpenNetVM.Core.Chains;
using OpenNetVM.Core.Dataplane;
using OpenNetVM.Core.Diagnostics;
using OpenNetVM.Core.Memory;
using OpenNetVM.Core.Packets;
using OpenNetVM.Core.Services;

namespace OpenNetVM.Core.NetworkFunctions;

/// <summary>The host of a function that runs in the manager's process.</summary>
internal sealed unsafe class LocalNfHost(DataplaneState plane, NfRunner runner, NfInstance instance) : NfHost
{
    internal override InstanceId Instance => instance.Id;

    internal override ServiceId Service => instance.Service.Id;

    internal override string ServiceName => instance.Service.Name;

    internal override ILoggerFactory Loggers => plane.Loggers;

    internal override IServiceDirectory Services => plane.Services;

    internal override IFlowControl Flows { get; } = new LocalFlowControl(plane, instance.Service.Id);

    internal override TimeProvider Time => plane.Time;

    internal override long Now => runner.Worker.Now;

    internal override PacketPool Pool => plane.Pool;

    internal override bool TryGetChain(in PacketDescriptor descriptor, out ChainId chain)
    {
        ChainRevision? revision = plane.Chains.Revision(descriptor.Chain);
        chain = revision?.Id ?? default;
        return revision is not null;
    }

    internal override void ScheduleWakeup(long timestamp) => runner.Worker.ScheduleWakeup(timestamp);

    internal override bool TryPost(InstanceId to, in NfMessage message) => plane.TryPost(to, message);

    internal override int Post(ServiceId to, in NfMessage message) => plane.Post(to, message);

    internal override bool RequestInstances(int instances) => plane.RequestInstances(instance, instances);

    internal override bool TryCreate(out PacketDescriptor descriptor)
    {
        if (!runner.Executor.CacheOf(instance.Domain).TryAllocate(out descriptor))
            return false;

        plane.LeaveUnclassified(ref descriptor);
        Adopt(descriptor);
        return true;
    }

    internal override bool TryClone(ref PacketDescriptor source, out PacketDescriptor clone)
    {
        if (!runner.Executor.CacheOf(instance.Domain).TryClone(ref source, out clone))
            return false;
        Adopt(clone);
        return true;
    }

    internal override void TakeOwnership() => runner.TakeOwnership();

    internal override bool TryTransmit(in PacketDescriptor descriptor) => runner.TryTransmit(descriptor);

    internal override void Drop(in PacketDescriptor descriptor)
    {
        runner.TakeOwnership();
        runner.Executor.Drop(new ReadOnlySpan<PacketDescriptor>(in descriptor), new Sender(instance), DropReason.ByFunction);
    }

    internal override void CountHeld(int change) => Interlocked.Add(ref plane.HeldPackets, change);

    private void Adopt(in PacketDescriptor descriptor)
    {
        plane.Pool.Owners[descriptor.BufferIndex] = instance.OwnerId;
        runner.Executor.Admitted.Add(1);
        runner.Executor.Created.Add(1);
    }
}
