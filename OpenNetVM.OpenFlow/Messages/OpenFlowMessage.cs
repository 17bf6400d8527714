using OpenNetVM.OpenFlow.Protocol;

namespace OpenNetVM.OpenFlow.Messages;

/// <summary>A message of OpenFlow, the same for all versions. Immutable; equal by value.</summary>
internal abstract record OpenFlowMessage
{
    /// <summary>Transaction id: a reply has that of its request.</summary>
    public uint Xid { get; init; }

    public abstract MessageType Type { get; }
}
