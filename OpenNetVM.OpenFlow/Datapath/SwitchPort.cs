using OpenNetVM.Core.Ports;
using OpenNetVM.Core.Services;
using OpenNetVM.OpenFlow.Messages;
using OpenNetVM.OpenFlow.Protocol;

namespace OpenNetVM.OpenFlow.Datapath;

/// <summary>A port as the controller sees it: a port of the platform, or a service.</summary>
/// <param name="Description">What the controller is told.</param>
/// <param name="Nic">The platform's port; none for a service.</param>
/// <param name="Service">The service; not a valid id for a port of the platform.</param>
/// <param name="Transmits">False for a port of the platform that only receives.</param>
internal sealed record SwitchPort(PortDescription Description, PortId Nic, ServiceId Service, bool Transmits = true)
{
    public uint Number => Description.Port;

    public bool IsService => Service.IsValid;

    public PortConfig Config => (PortConfig)Description.Config;

    /// <summary>The way of packets that leave by it; for a port of the platform.</summary>
    public SwitchPath Path { get; } = SwitchPath.To(Nic);

    /// <summary>Whether packets may be sent to it.</summary>
    public bool Forwards => Transmits && (Config & (PortConfig.NoForward | PortConfig.Down)) == 0;

    /// <summary>Whether packets from it are looked at.</summary>
    public bool Receives => (Config & (PortConfig.NoReceive | PortConfig.Down)) == 0;

    /// <summary>Whether packets from it may be sent to the controller.</summary>
    public bool SendsPacketIn => (Config & PortConfig.NoPacketIn) == 0;
}
