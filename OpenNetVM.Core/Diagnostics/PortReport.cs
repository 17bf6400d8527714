using OpenNetVM.Core.Ports;

namespace OpenNetVM.Core.Diagnostics;

/// <summary>A port at one moment.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name.</param>
/// <param name="Status">Its state.</param>
/// <param name="Statistics">Its own counters.</param>
/// <param name="Refused">Packets dropped because the port did not take them.</param>
/// <param name="Waiting">Packets that wait for the port to take them.</param>
public sealed record PortReport(PortId Id, string Name, PortStatus Status, PortStatistics Statistics, long Refused, int Waiting);
