using System.Globalization;
using OpenNetVM.Core.Chains;
using OpenNetVM.Core.Ports;
using OpenNetVM.Core.Services;

namespace OpenNetVM.Core.Packets;

/// <summary>A network function's wish for one packet. The manager executes it or, under its policy, vetoes it. Immutable.</summary>
public readonly record struct PacketAction
{
    internal PacketAction(PacketActionKind kind, ushort destination)
    {
        Kind = kind;
        Destination = destination;
    }

    /// <summary>Follow the packet's chain: the default.</summary>
    public static PacketAction Next => default;

    /// <summary>Drop the packet.</summary>
    public static PacketAction Drop => new(PacketActionKind.Drop, 0);

    /// <summary>Keep the packet; see <c>NfContext.Hold</c>, which returns what is needed to send it later.</summary>
    internal static PacketAction Hold => new(PacketActionKind.Hold, 0);

    /// <summary>What is to be done.</summary>
    public PacketActionKind Kind { get; }

    /// <summary>The raw service, port or chain id, 0 where the kind needs none.</summary>
    public ushort Destination { get; }

    /// <summary>Send the packet to an instance of <paramref name="service"/>.</summary>
    public static PacketAction ToService(ServiceId service) => new(PacketActionKind.ToService, service.Value);

    /// <summary>Send the packet out of <paramref name="port"/>.</summary>
    public static PacketAction ToPort(PortId port) => new(PacketActionKind.ToPort, port.Value);

    /// <summary>
    /// Let the packet start on a chain: go to its first step, and on from there. Where the chain is not a fixed one (<see cref="ChainTable.AddFixed"/>) and the flow director
    /// changes, the packet is moved to its flow's chain.
    /// </summary>
    public static PacketAction ToChain(ChainId chain) => new(PacketActionKind.ToChain, chain.Value);

    /// <summary>For example "ToPort 1".</summary>
    public override string ToString() => Kind is PacketActionKind.ToService or PacketActionKind.ToPort or PacketActionKind.ToChain
        ? string.Create(CultureInfo.InvariantCulture, $"{Kind} {Destination}")
        : Kind.ToString();
}
