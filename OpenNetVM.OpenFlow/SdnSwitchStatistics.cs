namespace OpenNetVM.OpenFlow;

/// <summary>What an <see cref="SdnSwitch"/> holds and has done, at one moment. Packets are counted once they are decided on or begin to wait.</summary>
public sealed record SdnSwitchStatistics
{
    /// <summary>Whether a controller decides on packets: a channel to one is open, and it is not a slave.</summary>
    public required bool IsControlled { get; init; }

    /// <summary>Open channels, those of tools that look in among them.</summary>
    public required int Channels { get; init; }

    /// <summary>The controllers' rules.</summary>
    public required int Rules { get; init; }

    /// <summary>Flows that are in the flow director because of rules.</summary>
    public required int Flows { get; init; }

    /// <summary>Different ways on which packets are, or were a moment ago.</summary>
    public required int Paths { get; init; }

    /// <summary>Packets that wait for the controller.</summary>
    public required long HeldPackets { get; init; }

    /// <summary>Packets that came to the SDN function because the flow director did not know their flow, or they have none.</summary>
    public required long Missed { get; init; }

    /// <summary>Packets that were sent to the controller (PACKET_IN).</summary>
    public required long PacketsIn { get; init; }

    /// <summary>Packets that waited because of <see cref="SdnSwitchOptions.PacketInRate"/>, or because the rules were being changed.</summary>
    public required long Delayed { get; init; }

    /// <summary>Packets that the controller's answer let go.</summary>
    public required long Released { get; init; }

    /// <summary>Packets for the controller that could not be sent to any: they took the miss action.</summary>
    public required long Undeliverable { get; init; }

    /// <summary>Packets to which no answer came in time: they took the miss action.</summary>
    public required long Unanswered { get; init; }

    /// <summary>Packets that found no room to wait: they took the miss action.</summary>
    public required long Overflowed { get; init; }

    /// <summary>Packets that the controller sent or released (PACKET_OUT).</summary>
    public required long PacketsOut { get; init; }

    /// <summary>Packets of the controller's for which there was no buffer, or that were longer than one.</summary>
    public required long PacketsOutLost { get; init; }

    /// <summary>Copies of packets, for a port or the controller, that there was no buffer or no room for, or that were too many for <see cref="SdnSwitchOptions.PacketInRate"/>.</summary>
    public required long CopiesLost { get; init; }

    /// <summary>Packets dropped because the rules name a service or port that does not exist, or more paths than there is room for.</summary>
    public required long Unroutable { get; init; }

    /// <summary>Packets dropped because the rules send them in circles.</summary>
    public required long Endless { get; init; }

    /// <summary>Flows that were put in the flow director.</summary>
    public required long Installed { get; init; }

    /// <summary>Flows that the flow director had no room for: the SDN function decides on each of their packets.</summary>
    public required long NotInstalled { get; init; }
}
