namespace OpenNetVM.Benchmarks.Reference;

/// <summary>A chain of the C reference.</summary>
internal sealed record ReferenceChainOptions
{
    /// <summary>Who polls what.</summary>
    internal ReferenceLayout Layout { get; init; }

    /// <summary>How a packet's next hop is found.</summary>
    internal ReferenceSteering Steering { get; init; }

    /// <summary>True steers and moves neighbours with equal metadata together, as we do; false decides packet by packet, as the C platform does.</summary>
    internal bool Runs { get; init; }

    /// <summary>Functions in the chain, 0 to 16.</summary>
    internal int Length { get; init; } = 1;

    /// <summary>Packets moved at once, 1 to 64.</summary>
    internal int Burst { get; init; } = 64;

    /// <summary>Slots of a ring, a power of two.</summary>
    internal int RingSize { get; init; } = 512;

    /// <summary>Flows that the packets belong to, at random.</summary>
    internal int Flows { get; init; } = 1;

    /// <summary>Chains that the flow table gives to the flows in turn, 1 to 4, all through the same functions.</summary>
    internal int Chains { get; init; } = 1;

    /// <summary>The core of RX and TX, or of everything.</summary>
    internal int Core { get; init; }

    /// <summary>The core of the functions, where they have one of their own.</summary>
    internal int FunctionCore { get; init; }

    /// <summary>Bytes of every frame, 64 to 1,518, without FCS.</summary>
    internal int FrameLength { get; init; } = 64;
}
