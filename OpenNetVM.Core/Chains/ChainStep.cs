using OpenNetVM.Core.Ports;
using OpenNetVM.Core.Services;

namespace OpenNetVM.Core.Chains;

/// <summary>One step of a <see cref="ServiceChain"/>. Immutable.</summary>
public readonly record struct ChainStep
{
    private readonly ushort _target;

    private ChainStep(ChainStepKind kind, ushort target)
    {
        Kind = kind;
        _target = target;
    }

    /// <summary>What the step does.</summary>
    public ChainStepKind Kind { get; }

    /// <summary>The service of a <see cref="ChainStepKind.Service"/> step; otherwise an id that is not valid.</summary>
    public ServiceId Service => Kind == ChainStepKind.Service ? new ServiceId(_target) : default;

    /// <summary>The port of a <see cref="ChainStepKind.Port"/> step; otherwise <see cref="PortId.None"/>.</summary>
    public PortId Port => Kind == ChainStepKind.Port ? new PortId(_target) : PortId.None;

    /// <summary>A step that drops the packet.</summary>
    public static ChainStep ToDrop => new(ChainStepKind.Drop, 0);

    /// <summary>A step to an instance of <paramref name="service"/>.</summary>
    public static ChainStep To(ServiceId service) => new(ChainStepKind.Service, service.Value);

    /// <summary>A step out of <paramref name="port"/>.</summary>
    public static ChainStep To(PortId port) => new(ChainStepKind.Port, port.Value);

    /// <summary>For example "service 3".</summary>
    public override string ToString() => Kind switch
    {
        ChainStepKind.Service => Service.ToString(),
        ChainStepKind.Port => Port.ToString(),
        _ => "drop",
    };
}
