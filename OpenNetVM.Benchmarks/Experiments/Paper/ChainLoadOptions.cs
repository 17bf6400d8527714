using System.Diagnostics;
using OpenNetVM.Core.Dataplane;
using OpenNetVM.Core.Memory;
using OpenNetVM.Core.NetworkFunctions;
using OpenNetVM.Core.Ports;
using OpenNetVM.Core.Processes;
using OpenNetVM.FlowTable;

namespace OpenNetVM.Benchmarks.Experiments.Paper;

/// <summary>A chain of ours that is put under load.</summary>
internal sealed record ChainLoadOptions
{
    /// <summary>Functions in the chain.</summary>
    internal required int Length { get; init; }

    /// <summary>Who runs what.</summary>
    internal ChainPlacement Placement { get; init; }

    /// <summary>Makes the port that the packets come from and leave by.</summary>
    internal required Func<IPort> Port { get; init; }

    /// <summary>Makes the functions.</summary>
    internal required Func<NetworkFunction> Function { get; init; }

    /// <summary>How processes with the functions are started; null for functions of this process.</summary>
    internal Func<NfLaunch, ProcessStartInfo>? Launch { get; init; }

    /// <summary>Flows that the flow director gets a rule for; empty for the default chain.</summary>
    internal IReadOnlyList<Ipv4FlowKey> Rules { get; init; } = [];

    /// <summary>Done to the pool before the start; null for nothing.</summary>
    internal Action<PacketPool>? Prepare { get; init; }

    /// <summary>Sizes and behaviour of the data path: where a contender differs from another by an option, it is one of these.</summary>
    internal DataplaneOptions Dataplane { get; init; } = new();
}
