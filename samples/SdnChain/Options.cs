using OpenNetVM.OpenFlow.Channel;

namespace OpenNetVM.Samples.Sdn;

/// <summary>What the command line asks for.</summary>
/// <param name="Endpoints">Controllers to connect to, and addresses to listen on.</param>
/// <param name="Replicas">Instances of the IDS.</param>
/// <param name="Flows">How many flows are generated.</param>
/// <param name="Rate">Packets a second.</param>
/// <param name="Packets">How many packets to generate; null for no limit.</param>
/// <param name="Seconds">When to stop; 0 for no limit of time.</param>
internal sealed record Options(IReadOnlyList<OpenFlowEndpoint> Endpoints, int Replicas, int Flows, double Rate, long? Packets, double Seconds);
