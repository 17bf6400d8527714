namespace OpenNetVM.Functions;

/// <summary>
/// What a <see cref="LearningBridge"/> has done with the frames that it was given: each is forwarded, flooded, or dropped for one of the reasons.
/// </summary>
public readonly record struct LearningBridgeStatistics
{
    /// <summary>Frames sent to the one port at which their destination is known.</summary>
    public long Forwarded { get; init; }

    /// <summary>Frames for a group or an unknown station, sent to all ports but their own.</summary>
    public long Flooded { get; init; }

    /// <summary>Copies made for flooding: one for each port beyond the first that a flooded frame goes to.</summary>
    public long Copies { get; init; }

    /// <summary>Copies that could not be made or sent, because the pool had no buffer or the transmit ring was full. The flooded frame itself went on.</summary>
    public long CopiesLost { get; init; }

    /// <summary>Frames dropped because their destination is at the port that they came from.</summary>
    public long Filtered { get; init; }

    /// <summary>Frames dropped because their destination is one of the addresses 01-80-C2-00-00-00 to -0F, which no bridge forwards (IEEE 802.1Q, table 8-1).</summary>
    public long Reserved { get; init; }

    /// <summary>Frames dropped because they are shorter than an Ethernet header, or their source is a group or zero.</summary>
    public long Malformed { get; init; }

    /// <summary>Frames dropped because they came from a port that the bridge does not join.</summary>
    public long NotBridged { get; init; }

    /// <summary>Stations learned.</summary>
    public long Learned { get; init; }

    /// <summary>Stations that turned up at another port than before.</summary>
    public long Moved { get; init; }

    /// <summary>Stations forgotten because they sent nothing for the ageing time.</summary>
    public long Aged { get; init; }

    /// <summary>Frames whose source was not learned because the table had no room. They were forwarded or flooded all the same.</summary>
    public long NotLearned { get; init; }
}
