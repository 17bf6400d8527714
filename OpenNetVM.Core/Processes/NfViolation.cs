namespace OpenNetVM.Core.Processes;

/// <summary>What a network function in another process did that no function of this library does. Every occurrence is counted; none has any further effect.</summary>
public enum NfViolation
{
    /// <summary>It returned a descriptor of a packet that it does not hold: out of range, returned twice, or somebody else's. The descriptor was not followed.</summary>
    ForeignDescriptor,

    /// <summary>It changed a part of a descriptor that is not its to change (hash, chain, hop, version). The change was undone.</summary>
    ForgedDescriptor,

    /// <summary>It asked for an action that does not exist. The packet was dropped.</summary>
    UnknownAction,

    /// <summary>It moved a ring's cursor to where it cannot be. The cursor was not believed.</summary>
    ImpossibleCursor,

    /// <summary>It keeps more packets than it may.</summary>
    Hoarding,

    /// <summary>A message of it made no sense, or came when it must not.</summary>
    MalformedMessage,

    /// <summary>It sent more messages, or rang oftener, than the manager serves.</summary>
    Flood,
}
