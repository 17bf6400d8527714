using OpenNetVM.Core.Chains;

namespace OpenNetVM.OpenFlow.Datapath;

/// <summary>A path with the service chains that packets follow on it. Changed by its <see cref="PathTable"/>, under its lock.</summary>
internal sealed class PathEntry(SwitchPath path, ChainId chain)
{
    public SwitchPath Path { get; } = path;

    /// <summary>The chain of packets that the slow path sends: the flow director does not move them away.</summary>
    public ChainId Chain { get; } = chain;

    /// <summary>The chain of the path's flows in the flow director; null until there is one.</summary>
    public ChainId? FlowChain { get; set; }

    /// <summary>Flows that are installed.</summary>
    public int Flows { get; set; }

    public long LastUsed { get; set; }
}
