using OpenNetVM.Core.LoadBalancing;
using OpenNetVM.Core.NetworkFunctions;
using OpenNetVM.Core.Processes;

namespace OpenNetVM.Core.Services;

/// <summary>How a service is run.</summary>
public sealed record ServiceOptions
{
    /// <summary>The service's id; null takes the lowest free one.</summary>
    public ServiceId? Id { get; init; }

    /// <summary>How many instances are started with the platform, 0 to 65,532. Default 1. Of a service without a factory they are processes. More can be started and stopped at any time.</summary>
    public int Instances { get; init; } = 1;

    /// <summary>How flows are spread over the instances. Default: RSS hash modulo their number, as in the paper.</summary>
    public ILoadBalancer LoadBalancer { get; init; } = new RssModulo();

    /// <summary>
    /// True keeps each flow at its instance for as long as that instance runs, whatever happens to the others; costs a table lookup per packet.
    /// Default false.
    /// </summary>
    public bool PinFlows { get; init; }

    /// <summary>How many flows can be pinned at once when <see cref="PinFlows"/> is set. Further flows follow the load balancer alone.</summary>
    public int PinnedFlowCapacity { get; init; } = 65_536;

    /// <summary>Descriptors that each ring of an instance holds, a power of two from 64 to 1,048,576; null for the platform's default.</summary>
    public int? RingCapacity { get; init; }

    /// <summary>
    /// Names of the workers that run the instances, which are dealt to them in turn. Empty: the first worker of the platform.
    /// </summary>
    public IReadOnlyList<string> Workers { get; init; } = [];

    /// <summary>Name of the worker that takes the packets which the instances have handled; null for the first worker of the platform.</summary>
    public string? TransmitWorker { get; init; }

    /// <summary>What the supervisor does when an instance faults.</summary>
    public RestartPolicy Restart { get; init; } = RestartPolicy.Default;

    /// <summary>
    /// Name of the security domain whose memory the packets of this service's instances are in, one of <see cref="ProcessOptions"/>; null for the default domain.
    /// </summary>
    public string? Domain { get; init; }

    /// <summary>How processes provide the service; null if none do. Needs <see cref="Management.NfManagerOptions.Processes"/>.</summary>
    public ProcessServiceOptions? Processes { get; init; }
}
