using OpenNetVM.Core.Headers;
using OpenNetVM.OpenFlow.Actions;
using OpenNetVM.OpenFlow.Matches;
using OpenNetVM.OpenFlow.Protocol;

namespace OpenNetVM.OpenFlow.Messages;

/// <summary>Asks what the switch is.</summary>
internal sealed record FeaturesRequest : OpenFlowMessage
{
    public override MessageType Type => MessageType.FeaturesRequest;
}

/// <summary>What the switch is. Supported actions and ports are there in 1.0 only.</summary>
internal sealed record FeaturesReply(ulong DatapathId, uint Buffers, byte Tables, byte AuxiliaryId, uint Capabilities) : OpenFlowMessage
{
    public uint Actions10 { get; init; }

    public ValueArray<PortDescription> Ports10 { get; init; }

    public override MessageType Type => MessageType.FeaturesReply;
}

/// <summary>Asks for the switch's configuration.</summary>
internal sealed record GetConfigRequest : OpenFlowMessage
{
    public override MessageType Type => MessageType.GetConfigRequest;
}

/// <summary>How fragments are handled, and how many bytes of a missed packet are sent to the controller.</summary>
internal sealed record GetConfigReply(ushort Flags, ushort MissSendLength) : OpenFlowMessage
{
    public override MessageType Type => MessageType.GetConfigReply;
}

/// <summary>Sets what <see cref="GetConfigReply"/> tells.</summary>
internal sealed record SetConfig(ushort Flags, ushort MissSendLength) : OpenFlowMessage
{
    public override MessageType Type => MessageType.SetConfig;
}

/// <summary>Sends a packet, which is in the message or in a buffer of the switch.</summary>
internal sealed record PacketOut(uint BufferId, uint InPort, ValueArray<OpenFlowAction> Actions, ValueArray<byte> Data) : OpenFlowMessage
{
    public override MessageType Type => MessageType.PacketOut;
}

/// <summary>Changes rules.</summary>
internal sealed record FlowMod(FlowModCommand Command, FlowMatch Match, ValueArray<Instruction> Instructions) : OpenFlowMessage
{
    public ulong Cookie { get; init; }

    public ulong CookieMask { get; init; }

    public byte Table { get; init; }

    public ushort IdleTimeout { get; init; }

    public ushort HardTimeout { get; init; }

    public ushort Priority { get; init; } = 0x8000;

    public uint BufferId { get; init; } = OpenFlowConstants.NoBuffer;

    public uint OutPort { get; init; } = ReservedPort.Any;

    public uint OutGroup { get; init; } = ReservedGroup.Any;

    public FlowModFlags Flags { get; init; }

    /// <summary>
    /// Whether it means what it means in OpenFlow 1.0: a MODIFY that finds no rule adds one (4.6), and an action on a field that a packet does not have does nothing.
    /// </summary>
    public bool HasVersion10Semantics { get; init; }

    public override MessageType Type => MessageType.FlowMod;
}

/// <summary>One way a group can send a packet.</summary>
internal sealed record Bucket(ushort Weight, uint WatchPort, uint WatchGroup, ValueArray<OpenFlowAction> Actions);

/// <summary>Changes a group.</summary>
internal sealed record GroupMod(GroupModCommand Command, GroupType GroupType, uint Group, ValueArray<Bucket> Buckets) : OpenFlowMessage
{
    public override MessageType Type => MessageType.GroupMod;
}

/// <summary>Changes a port's settings.</summary>
internal sealed record PortMod(uint Port, MacAddress HardwareAddress, uint Config, uint Mask, uint Advertise) : OpenFlowMessage
{
    public override MessageType Type => MessageType.PortMod;
}

/// <summary>Changes a table's settings, of which 1.3 has none left.</summary>
internal sealed record TableMod(byte Table, uint Config) : OpenFlowMessage
{
    public override MessageType Type => MessageType.TableMod;
}

/// <summary>Changes a meter; the bands are kept as they came.</summary>
internal sealed record MeterMod(ushort Command, ushort Flags, uint Meter, ValueArray<byte> Bands) : OpenFlowMessage
{
    public override MessageType Type => MessageType.MeterMod;
}

/// <summary>Asks for an answer when everything before is done.</summary>
internal sealed record BarrierRequest : OpenFlowMessage
{
    public override MessageType Type => MessageType.BarrierRequest;
}

/// <summary>Everything before is done.</summary>
internal sealed record BarrierReply : OpenFlowMessage
{
    public override MessageType Type => MessageType.BarrierReply;
}

/// <summary>Asks for the queues of a port.</summary>
internal sealed record QueueGetConfigRequest(uint Port) : OpenFlowMessage
{
    public override MessageType Type => MessageType.QueueGetConfigRequest;
}

/// <summary>A property of a queue; its body as it is sent, after type, length and padding.</summary>
internal readonly record struct QueueProperty(ushort Type, ValueArray<byte> Body);

/// <summary>A queue of a port.</summary>
internal sealed record PacketQueue(uint Queue, uint Port, ValueArray<QueueProperty> Properties);

/// <summary>The queues of a port.</summary>
internal sealed record QueueGetConfigReply(uint Port, ValueArray<PacketQueue> Queues) : OpenFlowMessage
{
    public override MessageType Type => MessageType.QueueGetConfigReply;
}

/// <summary>Asks for a role, or which it is.</summary>
internal sealed record RoleRequest(ControllerRole Role, ulong GenerationId) : OpenFlowMessage
{
    public override MessageType Type => MessageType.RoleRequest;
}

/// <summary>The role that the controller has.</summary>
internal sealed record RoleReply(ControllerRole Role, ulong GenerationId) : OpenFlowMessage
{
    public override MessageType Type => MessageType.RoleReply;
}

/// <summary>Which messages a controller is sent unasked: bits of reasons, as master or equal and as slave.</summary>
internal readonly record struct AsyncMasks(uint PacketIn, uint PacketInSlave, uint PortStatus, uint PortStatusSlave, uint FlowRemoved, uint FlowRemovedSlave);

/// <summary>Asks which messages are sent unasked.</summary>
internal sealed record GetAsyncRequest : OpenFlowMessage
{
    public override MessageType Type => MessageType.GetAsyncRequest;
}

/// <summary>Which messages are sent unasked.</summary>
internal sealed record GetAsyncReply(AsyncMasks Masks) : OpenFlowMessage
{
    public override MessageType Type => MessageType.GetAsyncReply;
}

/// <summary>Sets which messages are sent unasked.</summary>
internal sealed record SetAsync(AsyncMasks Masks) : OpenFlowMessage
{
    public override MessageType Type => MessageType.SetAsync;
}
