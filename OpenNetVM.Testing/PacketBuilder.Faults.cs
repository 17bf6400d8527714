using OpenNetVM.Testing.Layers;

namespace OpenNetVM.Testing;

// Padding, and what is wrong on purpose.
public sealed partial class PacketBuilder
{
    /// <summary>Pads the frame with zeroes where it is shorter, behind what IP counts: Ethernet's shortest frame has 60 bytes without FCS.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The length is negative.</exception>
    public PacketBuilder PadTo(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        return new(_layers, length, _cutTo);
    }

    /// <summary>Gives the innermost layer that has a checksum a wrong one. Call it behind the layer that it is meant for, before the next.</summary>
    /// <exception cref="InvalidOperationException">No layer has a checksum.</exception>
    public PacketBuilder WithBadChecksum() => ChangeLast(static layer => layer.WithChecksum(ChecksumRule.Wrong), "a checksum");

    /// <summary>Gives the innermost layer that has a checksum this one, right or wrong.</summary>
    /// <param name="checksum">The number; its low 16 bits for all but SCTP.</param>
    /// <exception cref="InvalidOperationException">No layer has a checksum.</exception>
    public PacketBuilder WithChecksum(uint checksum) => ChangeLast(layer => layer.WithChecksum(ChecksumRule.Of(checksum)), "a checksum");

    /// <summary>Sends without a checksum: 0 in its field, which is allowed in UDP over IPv4 (RFC 768) and in UDP tunnels over IPv6 (RFC 6935).</summary>
    /// <exception cref="InvalidOperationException">There is no UDP header.</exception>
    public PacketBuilder WithoutUdpChecksum() => ChangeLast(static layer => (layer as UdpLayer)?.WithChecksum(ChecksumRule.Of(0)), "a UDP checksum");

    /// <summary>Gives the innermost layer that has a length field (IPv4, IPv6, UDP) this number, right or wrong.</summary>
    /// <param name="length">IPv4's total length, IPv6's payload length, UDP's length; 0 to 65,535.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number does not fit the field.</exception>
    /// <exception cref="InvalidOperationException">No layer has a length.</exception>
    public PacketBuilder WithLength(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, ushort.MaxValue);
        return ChangeLast(layer => layer.WithLength(length), "a length");
    }

    /// <summary>Cuts the frame, whose length fields then say more than there is.</summary>
    /// <param name="length">Bytes that are left.</param>
    /// <exception cref="ArgumentOutOfRangeException">The frame is not that long.</exception>
    public PacketBuilder CutTo(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Math.Max(Measure()[0], _minimumLength));
        return new(_layers, _minimumLength, length);
    }
}
