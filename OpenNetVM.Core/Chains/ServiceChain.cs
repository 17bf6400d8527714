using OpenNetVM.Core.Ports;
using OpenNetVM.Core.Services;

namespace OpenNetVM.Core.Chains;

/// <summary>
/// An ordered list of steps that packets follow: services, then a port or a drop (paper, "service chains"). Immutable. A chain always
/// has an end, and may be nothing but that end.
/// </summary>
/// <example><code>ServiceChain chain = ServiceChain.Through(firewall, monitor).To(wan);</code></example>
public sealed class ServiceChain : IEquatable<ServiceChain>
{
    /// <summary>The most steps a chain can have: positions travel as one byte.</summary>
    public const int MaxSteps = 255;

    private readonly ChainStep[] _steps;

    /// <summary>Makes a chain of the given steps.</summary>
    /// <exception cref="ArgumentException">There are no steps or too many, the last one is not a port or a drop, or an earlier one is.</exception>
    public ServiceChain(params IEnumerable<ChainStep> steps)
    {
        ArgumentNullException.ThrowIfNull(steps);
        _steps = [.. steps];
        if (_steps.Length is 0 or > MaxSteps)
            throw new ArgumentException($"A chain needs 1 to {MaxSteps} steps, but {_steps.Length} were given.", nameof(steps));
        for (int i = 0; i < _steps.Length; i++)
        {
            bool last = i == _steps.Length - 1;
            if (last && _steps[i].Kind == ChainStepKind.Service)
                throw new ArgumentException($"The chain {this} never ends: its last step is {_steps[i]}. End it with a port or a drop.", nameof(steps));
            if (!last && _steps[i].Kind != ChainStepKind.Service)
                throw new ArgumentException($"Step {i + 1} of the chain {this} is {_steps[i]}, which ends a chain, but {_steps.Length - 1 - i} more follow. Remove them.", nameof(steps));
            if (_steps[i].Kind == ChainStepKind.Service && !_steps[i].Service.IsValid)
                throw new ArgumentException($"Step {i + 1} of the chain {this} names {_steps[i]}, which is not an id that a service can have (1 to {ServiceId.MaxValue}).", nameof(steps));
        }
    }

    /// <summary>The chain that drops every packet.</summary>
    public static ServiceChain Drop { get; } = new(ChainStep.ToDrop);

    /// <summary>The steps in order.</summary>
    public ReadOnlySpan<ChainStep> Steps => _steps;

    /// <summary>Number of steps, the end included.</summary>
    public int Length => _steps.Length;

    /// <summary>Starts a chain that visits services in the given order.</summary>
    public static ServiceChainBuilder Through(params IEnumerable<ServiceId> services)
    {
        ArgumentNullException.ThrowIfNull(services);
        return new ServiceChainBuilder([.. services.Select(ChainStep.To)]);
    }

    /// <summary>The chain that sends every packet straight out of a port.</summary>
    public static ServiceChain To(PortId port) => new(ChainStep.To(port));

    /// <inheritdoc/>
    public bool Equals(ServiceChain? other) => other is not null && Steps.SequenceEqual(other.Steps);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as ServiceChain);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        HashCode hash = default;
        foreach (ChainStep step in _steps)
            hash.Add(step);
        return hash.ToHashCode();
    }

    /// <summary>For example "[service 1, service 2, port 0]".</summary>
    public override string ToString() => $"[{string.Join(", ", _steps)}]";
}
