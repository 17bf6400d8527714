namespace OpenNetVM.Core.Packets;

/// <summary>What is to be done with a packet when a network function has finished with it (paper, "actions").</summary>
public enum PacketActionKind : byte
{
    /// <summary>Follow the packet's chain, which the flow director may have changed meanwhile. The default.</summary>
    Next = 0,

    /// <summary>Send it to an instance of a named service.</summary>
    ToService = 1,

    /// <summary>Send it out of a named port.</summary>
    ToPort = 2,

    /// <summary>Drop it.</summary>
    Drop = 3,

    /// <summary>The network function keeps the packet and will send or drop it later.</summary>
    Hold = 4,

    /// <summary>Start on a named chain.</summary>
    ToChain = 5,
}
