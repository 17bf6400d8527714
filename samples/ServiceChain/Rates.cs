using OpenNetVM.Core.Diagnostics;
using OpenNetVM.Core.Ports;

namespace OpenNetVM.Samples;

/// <summary>Counters at one moment beside those of a moment before: what happened per second in between.</summary>
/// <param name="Now">The counters.</param>
/// <param name="Before">The earlier counters; null at first, when the rates are those since the start.</param>
/// <param name="Elapsed">Time between the two.</param>
internal sealed record Rates(PlatformStatistics Now, PlatformStatistics? Before, TimeSpan Elapsed)
{
    public PortStatistics PortBefore(PortReport port) => Before?.Ports[port.Id.Value].Statistics ?? default;

    /// <summary>Packets per second that a port received.</summary>
    public double Received(PortReport port) => PerSecond(port.Statistics.ReceivedPackets - PortBefore(port).ReceivedPackets);

    /// <summary>Packets per second that a port transmitted.</summary>
    public double Transmitted(PortReport port) => PerSecond(port.Statistics.TransmittedPackets - PortBefore(port).TransmittedPackets);

    /// <summary>Bits per second that a port received, in frame bytes without FCS and gaps.</summary>
    public double ReceivedBits(PortReport port) => 8 * PerSecond(port.Statistics.ReceivedBytes - PortBefore(port).ReceivedBytes);

    /// <summary>Bits per second that a port transmitted, in frame bytes without FCS and gaps.</summary>
    public double TransmittedBits(PortReport port) => 8 * PerSecond(port.Statistics.TransmittedBytes - PortBefore(port).TransmittedBytes);

    /// <summary>Packets per second that a service handled.</summary>
    public double Handled(ServiceReport service) =>
        PerSecond(service.Handled - (Before?.Services.FirstOrDefault(before => before.Id == service.Id)?.Handled ?? 0));

    /// <summary>Packets per second that an instance handled.</summary>
    public double Handled(InstanceReport instance) =>
        PerSecond(instance.Handled - (Before?.Instances.FirstOrDefault(before => before.Id == instance.Id)?.Handled ?? 0));

    private double PerSecond(long count) => Elapsed > TimeSpan.Zero ? count / Elapsed.TotalSeconds : 0;
}
