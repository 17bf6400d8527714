using System.Net.NetworkInformation;

namespace OpenNetVM.Core.Ports;

/// <summary>How a <see cref="LoopbackPort"/> looks to its platform, and how much its wire holds. Immutable.</summary>
public sealed record LoopbackPortOptions
{
    /// <summary>Most queues in each direction.</summary>
    public const int MaximumQueues = 64;

    /// <summary>Most frames of <see cref="Capacity"/>.</summary>
    public const int MaximumCapacity = 1 << 18;

    /// <summary>
    /// Receive queues, 1 to 64. Default 1. A frame goes to the queue that a NIC would choose: its RSS hash modulo the number of queues, so that both
    /// directions of a flow meet in one; frames without addresses go to queue 0.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of that range.</exception>
    public int ReceiveQueues
    {
        get;
        init => field = Check(value, 1, MaximumQueues, nameof(ReceiveQueues));
    } = 1;

    /// <summary>Transmit queues, 1 to 64. Default 1.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of that range.</exception>
    public int TransmitQueues
    {
        get;
        init => field = Check(value, 1, MaximumQueues, nameof(TransmitQueues));
    } = 1;

    /// <summary>
    /// Frames that wait on the wire at most, in each direction and queue; 1 to 262,144. Default 4,096. Frames longer than 2,032 bytes can fill it sooner:
    /// it has 2,048 bytes for each, and at least 2 MB.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of that range.</exception>
    public int Capacity
    {
        get;
        init => field = Check(value, 1, MaximumCapacity, nameof(Capacity));
    } = 4_096;

    /// <summary>
    /// True (the default) to put the RSS hash into received descriptors, as NICs do. False for a port without that ability: the platform then computes
    /// the hash itself.
    /// </summary>
    public bool ProvidesRssHash { get; init; } = true;

    /// <summary>
    /// False (the default) to be polled like a NIC, as fast as can be. True to be polled only as fast as the packets leave the platform again; nothing is lost
    /// then, because a full wire refuses frames and the sender keeps them. See <see cref="PortInfo.CanWait"/>.
    /// </summary>
    public bool CanWait { get; init; }

    /// <summary>The port's Ethernet address; null (the default) for none.</summary>
    public PhysicalAddress? MacAddress { get; init; }

    private static int Check(int value, int least, int most, string name) => value >= least && value <= most
        ? value
        : throw new ArgumentOutOfRangeException(name, value, $"{nameof(LoopbackPortOptions)}.{name} is {value}, but must be {least} to {most}.");
}
