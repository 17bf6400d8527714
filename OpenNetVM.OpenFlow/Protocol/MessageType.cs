namespace OpenNetVM.OpenFlow.Protocol;

/// <summary>Kinds of messages, with the numbers of OpenFlow 1.3 (7.1); 1.0 has other numbers from <see cref="GroupMod"/> on.</summary>
internal enum MessageType : byte
{
    Hello = 0,
    Error = 1,
    EchoRequest = 2,
    EchoReply = 3,
    Experimenter = 4,
    FeaturesRequest = 5,
    FeaturesReply = 6,
    GetConfigRequest = 7,
    GetConfigReply = 8,
    SetConfig = 9,
    PacketIn = 10,
    FlowRemoved = 11,
    PortStatus = 12,
    PacketOut = 13,
    FlowMod = 14,
    GroupMod = 15,
    PortMod = 16,
    TableMod = 17,
    MultipartRequest = 18,
    MultipartReply = 19,
    BarrierRequest = 20,
    BarrierReply = 21,
    QueueGetConfigRequest = 22,
    QueueGetConfigReply = 23,
    RoleRequest = 24,
    RoleReply = 25,
    GetAsyncRequest = 26,
    GetAsyncReply = 27,
    SetAsync = 28,
    MeterMod = 29,
}

/// <summary>Kinds of multipart messages (OpenFlow 1.3.5, 7.3.5); 1.0 has the first six.</summary>
internal enum MultipartType : ushort
{
    Description = 0,
    Flow = 1,
    Aggregate = 2,
    Table = 3,
    PortStatistics = 4,
    Queue = 5,
    Group = 6,
    GroupDescription = 7,
    GroupFeatures = 8,
    Meter = 9,
    MeterConfig = 10,
    MeterFeatures = 11,
    TableFeatures = 12,
    PortDescription = 13,
    Experimenter = 0xFFFF,
}

/// <summary>What a FLOW_MOD does (OpenFlow 1.3.5, 7.3.4.1).</summary>
internal enum FlowModCommand : byte
{
    Add = 0,
    Modify = 1,
    ModifyStrict = 2,
    Delete = 3,
    DeleteStrict = 4,
}

/// <summary>Flags of a FLOW_MOD (OpenFlow 1.3.5, 7.3.4.1).</summary>
[Flags]
internal enum FlowModFlags : ushort
{
    None = 0,
    SendFlowRemoved = 1,
    CheckOverlap = 2,
    ResetCounts = 4,
    NoPacketCounts = 8,
    NoByteCounts = 16,
    All = 31,
}

/// <summary>Why a rule went (OpenFlow 1.3.5, 7.4.2).</summary>
internal enum FlowRemovedReason : byte
{
    IdleTimeout = 0,
    HardTimeout = 1,
    Delete = 2,
    GroupDelete = 3,
}

/// <summary>Why a packet is sent to the controller (OpenFlow 1.3.5, 7.4.1).</summary>
internal enum PacketInReason : byte
{
    NoMatch = 0,
    Action = 1,
    InvalidTtl = 2,
}

/// <summary>What happened to a port (OpenFlow 1.3.5, 7.4.3).</summary>
internal enum PortStatusReason : byte
{
    Add = 0,
    Delete = 1,
    Modify = 2,
}

/// <summary>What a GROUP_MOD does (OpenFlow 1.3.5, 7.3.4.2).</summary>
internal enum GroupModCommand : ushort
{
    Add = 0,
    Modify = 1,
    Delete = 2,
}

/// <summary>Kinds of groups (OpenFlow 1.3.5, 5.6.1).</summary>
internal enum GroupType : byte
{
    All = 0,
    Select = 1,
    Indirect = 2,
    FastFailover = 3,
}

/// <summary>What a controller may do (OpenFlow 1.3.5, 7.3.9).</summary>
internal enum ControllerRole : uint
{
    NoChange = 0,
    Equal = 1,
    Master = 2,
    Slave = 3,
}

/// <summary>What the switch can do (OpenFlow 1.3.5, 7.3.1).</summary>
[Flags]
internal enum SwitchCapabilities : uint
{
    None = 0,
    FlowStatistics = 1,
    TableStatistics = 2,
    PortStatistics = 4,
    GroupStatistics = 8,
    QueueStatistics = 64,
}

/// <summary>Settings of a port that a PORT_MOD changes (OpenFlow 1.3.5, 7.2.1 ofp_port_config).</summary>
[Flags]
internal enum PortConfig : uint
{
    None = 0,
    Down = 1,
    NoReceive = 4,
    NoForward = 32,
    NoPacketIn = 64,
    All = Down | NoReceive | NoForward | NoPacketIn,
}

/// <summary>State of a port that only the switch changes (OpenFlow 1.3.5, 7.2.1 ofp_port_state).</summary>
[Flags]
internal enum PortStates : uint
{
    None = 0,
    LinkDown = 1,
    Blocked = 2,
    Live = 4,
}
