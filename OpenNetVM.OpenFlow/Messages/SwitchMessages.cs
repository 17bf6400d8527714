using OpenNetVM.Core.Headers;
using OpenNetVM.OpenFlow.Matches;
using OpenNetVM.OpenFlow.Protocol;

namespace OpenNetVM.OpenFlow.Messages;

/// <summary>A packet for the controller. The match names at least the port on which it came; 1.0 has only that.</summary>
internal sealed record PacketIn(uint BufferId, ushort TotalLength, PacketInReason Reason, byte Table, ulong Cookie, FlowMatch Match, ValueArray<byte> Data) : OpenFlowMessage
{
    public override MessageType Type => MessageType.PacketIn;
}

/// <summary>Packets and bytes.</summary>
internal readonly record struct FlowCounters(ulong Packets, ulong Bytes)
{
    public static FlowCounters operator +(FlowCounters left, FlowCounters right) => new(left.Packets + right.Packets, left.Bytes + right.Bytes);

    public static FlowCounters operator -(FlowCounters left, FlowCounters right) => new(left.Packets - right.Packets, left.Bytes - right.Bytes);
}

/// <summary>A rule is no more.</summary>
internal sealed record FlowRemoved(FlowMatch Match, ushort Priority, FlowRemovedReason Reason) : OpenFlowMessage
{
    public ulong Cookie { get; init; }

    public byte Table { get; init; }

    public OpenFlowDuration Duration { get; init; }

    public ushort IdleTimeout { get; init; }

    public ushort HardTimeout { get; init; }

    public FlowCounters Counters { get; init; }

    public override MessageType Type => MessageType.FlowRemoved;
}

/// <summary>Seconds and nanoseconds since something began.</summary>
internal readonly record struct OpenFlowDuration(uint Seconds, uint Nanoseconds)
{
    public static OpenFlowDuration Of(TimeSpan time) =>
        new((uint)(time.Ticks / TimeSpan.TicksPerSecond), (uint)(time.Ticks % TimeSpan.TicksPerSecond * TimeSpan.NanosecondsPerTick));
}

/// <summary>A port, as PORT_DESC and PORT_STATUS tell it. Rates are in kbit/s, and 1.0 has none; the name has at most 15 bytes.</summary>
internal sealed record PortDescription(uint Port, MacAddress HardwareAddress, string Name)
{
    public const int LongestName = 15;

    public uint Config { get; init; }

    public uint State { get; init; }

    public uint Current { get; init; }

    public uint Advertised { get; init; }

    public uint Supported { get; init; }

    public uint Peer { get; init; }

    public uint CurrentSpeed { get; init; }

    public uint MaxSpeed { get; init; }
}

/// <summary>A port came, went or changed.</summary>
internal sealed record PortStatusMessage(PortStatusReason Reason, PortDescription Port) : OpenFlowMessage
{
    public override MessageType Type => MessageType.PortStatus;
}
