using OpenNetVM.Core.Chains;

namespace OpenNetVM.Core.Flows;

/// <summary>What the director's tables keep for a flow: 8 bytes, replaced in one store.</summary>
/// <param name="Chain">The chain that the flow's packets follow.</param>
/// <param name="Tag">Any number of its setter's.</param>
internal readonly record struct FlowTarget(ChainId Chain, uint Tag);
