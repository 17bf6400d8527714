using System.Net.NetworkInformation;

namespace OpenNetVM.Core.Ports;

/// <summary>What a port is and can do; constant for the port's life.</summary>
public sealed record PortInfo
{
    /// <summary>Name for people, logs and metrics; unique within a platform.</summary>
    public required string Name { get; init; }

    /// <summary>Number of receive queues, 0 for a port that only transmits.</summary>
    public int ReceiveQueues { get; init; } = 1;

    /// <summary>Number of transmit queues, 0 for a port that only receives.</summary>
    public int TransmitQueues { get; init; } = 1;

    /// <summary>True if received descriptors carry an RSS hash (symmetric key); otherwise the platform computes it in software.</summary>
    public bool ProvidesRssHash { get; init; }

    /// <summary>
    /// True for a source that loses nothing when it is not polled (a file, an unpaced generator): the platform then polls it only as fast as its packets
    /// leave again, so that no ring overflows. A NIC is no such source.
    /// </summary>
    public bool CanWait { get; init; }

    /// <summary>
    /// True if the port calls <see cref="PortContext.NotifyReceivable"/> when a packet arrives at an empty queue. A worker that sleeps looks at other ports every
    /// millisecond.
    /// </summary>
    public bool NotifiesReceivable { get; init; }

    /// <summary>The port's own Ethernet address, null where it has none.</summary>
    public PhysicalAddress? MacAddress { get; init; }
}
