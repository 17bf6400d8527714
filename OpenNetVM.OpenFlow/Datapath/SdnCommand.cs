using OpenNetVM.OpenFlow.Actions;
using OpenNetVM.OpenFlow.Protocol;

namespace OpenNetVM.OpenFlow.Datapath;

/// <summary>What the channels ask of an SDN function, which does it on its own thread.</summary>
internal abstract record SdnCommand;

/// <summary>Sends on the packet that waits in a buffer, by these actions, and those of its flow that wait behind it by the rules.</summary>
internal sealed record ReleaseCommand(uint BufferId, WaitingFlow Flow, ValueArray<OpenFlowAction> Actions) : SdnCommand;

/// <summary>Sends a packet of the controller's.</summary>
internal sealed record SendCommand(uint InPort, ValueArray<OpenFlowAction> Actions, ValueArray<byte> Data) : SdnCommand;

/// <summary>The controller has sent this packet, by another function: it may be what this one asked about.</summary>
internal sealed record AnsweredCommand(uint InPort, ValueArray<byte> Data) : SdnCommand;

/// <summary>Tells when what was asked before is done.</summary>
internal sealed record SettleCommand(TaskCompletionSource Done) : SdnCommand;

/// <summary>Nobody answers any more what was asked.</summary>
internal sealed record ForsakeCommand : SdnCommand
{
    public static ForsakeCommand Instance { get; } = new();
}
