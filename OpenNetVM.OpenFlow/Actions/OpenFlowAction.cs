using OpenNetVM.OpenFlow.Matches;
using OpenNetVM.OpenFlow.Protocol;

namespace OpenNetVM.OpenFlow.Actions;

/// <summary>What is done to a packet (OpenFlow 1.3.5, 7.2.4; OpenFlow 1.0, 5.2.4).</summary>
internal abstract record OpenFlowAction;

/// <summary>Sends the packet out; the length counts for the controller only.</summary>
internal sealed record OutputAction(uint Port, ushort MaxLength = 0) : OpenFlowAction;

/// <summary>Sends the packet through a group.</summary>
internal sealed record GroupAction(uint Group) : OpenFlowAction;

/// <summary>Chooses the queue for the outputs that follow.</summary>
internal sealed record SetQueueAction(uint Queue) : OpenFlowAction;

/// <summary>Sends the packet out through a queue (OpenFlow 1.0 only).</summary>
internal sealed record EnqueueAction(uint Port, uint Queue) : OpenFlowAction;

/// <summary>Writes a header field.</summary>
internal sealed record SetFieldAction(OxmField Field) : OpenFlowAction;

/// <summary>Writes the VLAN id, adding a tag where there is none (OpenFlow 1.0 only).</summary>
internal sealed record SetVlanIdAction(ushort VlanId) : OpenFlowAction;

/// <summary>Writes the VLAN priority, adding a tag where there is none (OpenFlow 1.0 only).</summary>
internal sealed record SetVlanPriorityAction(byte Priority) : OpenFlowAction;

/// <summary>Writes the source or destination port of TCP or UDP, whichever the packet is (OpenFlow 1.0 only).</summary>
internal sealed record SetTransportPortAction(bool IsDestination, ushort Port) : OpenFlowAction;

/// <summary>Adds a VLAN tag outside all others.</summary>
internal sealed record PushVlanAction(ushort EtherType) : OpenFlowAction;

/// <summary>Takes the outermost VLAN tag off.</summary>
internal sealed record PopVlanAction : OpenFlowAction;

/// <summary>Writes the time to live (hop limit) of IP.</summary>
internal sealed record SetTtlAction(byte Ttl) : OpenFlowAction;

/// <summary>Takes one off the time to live (hop limit) of IP.</summary>
internal sealed record DecrementTtlAction : OpenFlowAction;

/// <summary>An action of some maker's own: its number, and what follows it.</summary>
internal sealed record ExperimenterAction(uint Experimenter, ValueArray<byte> Data) : OpenFlowAction;
