using System.Collections.Immutable;
using OpenNetVM.Core.Ports;
using OpenNetVM.Core.Services;

namespace OpenNetVM.Core.Chains;

/// <summary>A chain that still lacks its end: see <see cref="ServiceChain.Through"/>. Immutable: each call returns a new one.</summary>
public sealed class ServiceChainBuilder
{
    private readonly ImmutableArray<ChainStep> _steps;

    internal ServiceChainBuilder(ImmutableArray<ChainStep> steps) => _steps = steps;

    /// <summary>Adds a service.</summary>
    public ServiceChainBuilder Then(ServiceId service) => new(_steps.Add(ChainStep.To(service)));

    /// <summary>Ends the chain with a port.</summary>
    public ServiceChain To(PortId port) => new(_steps.Add(ChainStep.To(port)));

    /// <summary>Ends the chain with a drop: what comes to its end and was sent nowhere else by a network function is discarded.</summary>
    public ServiceChain ToDrop() => new(_steps.Add(ChainStep.ToDrop));
}
