using OpenNetVM.Core.Ports;
using OpenNetVM.Core.Services;
using OpenNetVM.OpenFlow.Actions;
using OpenNetVM.OpenFlow.Agent;
using OpenNetVM.OpenFlow.Protocol;

namespace OpenNetVM.OpenFlow.Datapath;

/// <summary>
/// Where rules lead a packet: through services, then out of a port; or after the services back to the SDN function, which has something to do there that no
/// chain can; or nowhere. A value, immutable.
/// </summary>
/// <param name="Services">The services in order.</param>
/// <param name="Port">The port at the end; none where there is work, or the packet is dropped.</param>
/// <param name="Work">What the SDN function does at the end, in order. The packet is dropped behind it.</param>
internal sealed record SwitchPath(ValueArray<ServiceId> Services, PortId Port, ValueArray<PathOperation> Work)
{
    public static SwitchPath Drop { get; } = new(default, PortId.None, default);

    public bool IsDrop => Services.Count == 0 && Port == PortId.None && Work.Count == 0;

    public bool HasWork => Work.Count > 0;

    /// <summary>The controller is to be asked about the packet, and nothing else is done with it here.</summary>
    public AskOperation? Asks => Services.Count == 0 && Work.Count == 1 ? Work[0] as AskOperation : null;

    public static SwitchPath To(PortId port) => new(default, port, default);

    /// <summary>The same path with services before it.</summary>
    public SwitchPath After(params ReadOnlySpan<ServiceId> services) =>
        services.IsEmpty ? this : this with { Services = new ValueArray<ServiceId>([.. services, .. Services.Span]) };

    /// <summary>The path that carries operations out.</summary>
    public static SwitchPath Of(List<PathOperation> operations)
    {
        // An edit behind the last that sends changes nothing that anybody sees.
        int count = operations.Count;
        while (count > 0 && operations[count - 1] is EditOperation)
            count--;
        return count == 0 ? Drop
            : count == 1 && operations[0] is SendOperation only ? only.Path
            : new SwitchPath(default, PortId.None, new ValueArray<PathOperation>([.. operations[..count]]));
    }
}

/// <summary>What the SDN function does with a packet.</summary>
internal abstract record PathOperation;

/// <summary>Changes the packet.</summary>
internal sealed record EditOperation(OpenFlowAction Action) : PathOperation;

/// <summary>Sends the packet, or a copy where more operations follow.</summary>
internal sealed record SendOperation(SwitchPath Path) : PathOperation;

/// <summary>Sends the packet to the controller.</summary>
/// <param name="InPort">The port on which it came, or which it came out of.</param>
/// <param name="Rule">The rule that says so; null where none matched.</param>
/// <param name="MaxLength">How much of it is sent.</param>
/// <param name="Reason">Why.</param>
internal sealed record AskOperation(uint InPort, OpenFlowRule? Rule, ushort MaxLength, PacketInReason Reason) : PathOperation;
