using OpenNetVM.OpenFlow.Actions;
using OpenNetVM.OpenFlow.Messages;
using OpenNetVM.OpenFlow.Protocol;

namespace OpenNetVM.OpenFlow.Agent;

/// <summary>
/// What moves the packets, as the agent sees it. Called from the channels' tasks, mostly under the agent's lock: an implementation must not call the agent back
/// from within a call, and must not wait for a thread that moves packets and may be asking the agent.
/// </summary>
internal interface IOpenFlowDatapath
{
    /// <summary>The ports as they are now.</summary>
    ValueArray<PortDescription> Ports { get; }

    /// <summary>Packets that can wait for the controller's answer; 0 where none is buffered.</summary>
    uint BufferCount { get; }

    /// <summary>Counters of a port; null where there is no such port.</summary>
    PortStatistics? ReadPort(uint port);

    /// <summary>The queues of a port, each of which is a way to a service; empty where it has none.</summary>
    ValueArray<uint> QueuesOf(uint port);

    /// <summary>Changes settings of a port; returns it as it is then, or null where a setting cannot be made.</summary>
    PortDescription? Configure(uint port, PortConfig config, PortConfig mask);

    /// <summary>Carries out a PACKET_OUT: the packet of the message, or one that waits in a buffer.</summary>
    OpenFlowError Send(PacketOut message);

    /// <summary>Carries out a rule on the packets that wait in a buffer, and lets them go.</summary>
    OpenFlowError Release(uint bufferId, uint inPort, ValueArray<OpenFlowAction> actions);

    /// <summary>Takes a flow out; its packets miss from now on. Returns what was counted in all.</summary>
    FlowReading Remove(TrackedFlow flow);

    /// <summary>What has been counted of a flow.</summary>
    FlowReading Read(TrackedFlow flow);

    /// <summary>Whether so many packets that were sent or released before have not gone yet that it is time to wait for them.</summary>
    bool IsBusy { get; }

    /// <summary>Completes when the packets that were sent or released before have gone their way. Not called under the agent's lock.</summary>
    ValueTask SettleAsync(CancellationToken cancellation);

    /// <summary>A channel was opened or closed, or its role changed: whether a controller decides on packets now. Not called under the agent's lock.</summary>
    void ControllersChanged(bool isControlled);
}
