namespace OpenNetVM.Functions;

/// <summary>How an <see cref="Ipv4Router"/> works. Immutable.</summary>
public sealed record Ipv4RouterOptions
{
    /// <summary>The largest number of neighbours, and of packets that wait for them.</summary>
    public const int MaximumCapacity = 65_536;

    /// <summary>The router's interfaces, one for each port. Packets from other ports are dropped.</summary>
    public required IReadOnlyList<Ipv4Interface> Interfaces { get; init; }

    /// <summary>Routes beside the interfaces' own networks. Default: none.</summary>
    public IReadOnlyList<Ipv4Route> Routes { get; init; } = [];

    /// <summary>How many neighbours' Ethernet addresses are known or being asked for at once; half of them at most are being asked for. Default 1,024.</summary>
    public int NeighbourCapacity { get; init; } = 1_024;

    /// <summary>How many packets wait at once for addresses being asked for. Default 256.</summary>
    public int HeldPackets { get; init; } = 256;

    /// <summary>How many of them wait for one neighbour; a further one takes the place of the oldest (RFC 1122, 2.3.2.2). Default 8.</summary>
    public int HeldPacketsPerNeighbour { get; init; } = 8;

    /// <summary>After how long a neighbour in use is asked again, and one not in use forgotten. Default 60 s.</summary>
    public TimeSpan NeighbourLifetime { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long is waited for an answer, and so how often one neighbour is asked: at least 1 s (RFC 1122, 2.3.2.1). Default 1 s.</summary>
    public TimeSpan ArpInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How many times a neighbour is asked before it counts as unreachable. Default 3.</summary>
    public int ArpAttempts { get; init; } = 3;

    /// <summary>How many ICMP errors are sent in one ARP interval; further ones are dropped with the packet that caused them (RFC 1812, 4.3.2.8). Default 100.</summary>
    public int IcmpErrorsPerInterval { get; init; } = 100;

    internal void Validate()
    {
        Check(NeighbourCapacity, 2, MaximumCapacity, nameof(NeighbourCapacity));
        Check(HeldPackets, 1, MaximumCapacity, nameof(HeldPackets));
        Check(HeldPacketsPerNeighbour, 1, HeldPackets, nameof(HeldPacketsPerNeighbour));
        Check(ArpAttempts, 1, 100, nameof(ArpAttempts));
        Check(IcmpErrorsPerInterval, 0, int.MaxValue, nameof(IcmpErrorsPerInterval));
        Check(ArpInterval, TimeSpan.FromSeconds(1), nameof(ArpInterval));
        Check(NeighbourLifetime, ArpInterval, nameof(NeighbourLifetime));
    }

    private static void Check(int value, int least, int most, string name)
    {
        if (value < least || value > most)
            throw new ArgumentOutOfRangeException(name, value, $"Ipv4RouterOptions.{name} is {value}, but must be {least} to {most}.");
    }

    private static void Check(TimeSpan value, TimeSpan least, string name)
    {
        if (value < least || value > TimeSpan.FromDays(1))
            throw new ArgumentOutOfRangeException(name, value, $"Ipv4RouterOptions.{name} is {value}, but must be {least} to one day.");
    }
}
