namespace OpenNetVM.Benchmarks.Reference;

/// <summary>How RX and TX of the C reference find a packet's next hop (chain_steering in chain_reference.h).</summary>
internal enum ReferenceSteering : uint
{
    /// <summary>The default chain: the step behind the packet's chain index.</summary>
    DefaultChain = 0,

    /// <summary>rte_hash at RX and at every hop, with the RSS hash, in bulk.</summary>
    FlowTable = 1,

    /// <summary>rte_hash at RX and at every hop, packet by packet, hashing the five-tuple each time.</summary>
    Naive = 2,

    /// <summary>rte_hash in bulk at RX only; the chain found there stays in the packet's metadata.</summary>
    Classified = 3,
}
