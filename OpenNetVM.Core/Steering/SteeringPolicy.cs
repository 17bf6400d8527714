using System.Collections.Frozen;
using OpenNetVM.Core.Ports;
using OpenNetVM.Core.Services;

namespace OpenNetVM.Core.Steering;

/// <summary>
/// Which service may send packets to which services and ports, and which may set rules for flows (paper: an NF may steer "where the
/// manager's configuration allows it"). Following the chain and dropping are always allowed. Immutable, safe from any thread.
/// </summary>
public sealed class SteeringPolicy
{
    private readonly FrozenSet<uint> _services;
    private readonly FrozenSet<uint> _ports;
    private readonly FrozenSet<ushort> _flowSetters;

    private SteeringPolicy(bool allowsAll, FrozenSet<uint> services, FrozenSet<uint> ports, FrozenSet<ushort> flowSetters, VetoAction vetoed)
    {
        AllowsAll = allowsAll;
        _services = services;
        _ports = ports;
        _flowSetters = flowSetters;
        Vetoed = vetoed;
    }

    /// <summary>Every service may send anywhere and set any flow: for functions that you trust. The default.</summary>
    public static SteeringPolicy AllowAll { get; } = new(true, FrozenSet<uint>.Empty, FrozenSet<uint>.Empty, FrozenSet<ushort>.Empty, VetoAction.FollowChain);

    /// <summary>No service may send anywhere but along its chain, nor set flows.</summary>
    public static SteeringPolicy ChainsOnly { get; } = Create(static _ => { });

    /// <summary>What becomes of a vetoed packet.</summary>
    public VetoAction Vetoed { get; }

    /// <summary>True if nothing is ever vetoed.</summary>
    internal bool AllowsAll { get; }

    /// <summary>Makes a policy that allows what is listed and nothing else.</summary>
    /// <example><code>SteeringPolicy.Create(allow => allow.Send(ids, scrubber).Send(ids, quarantine).SetFlows(ids));</code></example>
    public static SteeringPolicy Create(Action<Builder> allow, VetoAction vetoed = VetoAction.FollowChain)
    {
        ArgumentNullException.ThrowIfNull(allow);
        Builder builder = new();
        allow(builder);
        return new SteeringPolicy(false, builder.Services.ToFrozenSet(), builder.Ports.ToFrozenSet(), builder.FlowSetters.ToFrozenSet(), vetoed);
    }

    /// <summary>Whether a service may send packets to another.</summary>
    public bool MaySend(ServiceId from, ServiceId to) => AllowsAll || _services.Contains(Pair(from, to.Value));

    /// <summary>Whether a service may send packets out of a port.</summary>
    public bool MaySend(ServiceId from, PortId to) => AllowsAll || _ports.Contains(Pair(from, to.Value));

    /// <summary>Whether a service may set the chains of flows.</summary>
    public bool MaySetFlows(ServiceId service) => AllowsAll || _flowSetters.Contains(service.Value);

    private static uint Pair(ServiceId from, ushort to) => ((uint)from.Value << 16) | to;

    /// <summary>Collects what a policy allows. Each call returns the same builder.</summary>
    public sealed class Builder
    {
        internal HashSet<uint> Services { get; } = [];

        internal HashSet<uint> Ports { get; } = [];

        internal HashSet<ushort> FlowSetters { get; } = [];

        /// <summary>Lets a service send packets to another.</summary>
        public Builder Send(ServiceId from, ServiceId to)
        {
            Services.Add(Pair(from, to.Value));
            return this;
        }

        /// <summary>Lets a service send packets out of a port.</summary>
        public Builder Send(ServiceId from, PortId to)
        {
            Ports.Add(Pair(from, to.Value));
            return this;
        }

        /// <summary>Lets a service set the chains of flows.</summary>
        public Builder SetFlows(ServiceId service)
        {
            FlowSetters.Add(service.Value);
            return this;
        }
    }
}
