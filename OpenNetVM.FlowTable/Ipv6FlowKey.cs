using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace OpenNetVM.FlowTable;

/// <summary>
/// The five-tuple of an IPv6 packet: 40 bytes, blittable, immutable, safe to share between threads.
/// Addresses are 128-bit numbers in host order, as two halves (2001:db8::1 is 0x20010DB8_00000000 and 1); ports are 0 where the protocol has none.
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = 40)]
public readonly struct Ipv6FlowKey : IEquatable<Ipv6FlowKey>, ISpanFormattable
{
    private readonly ulong _sourceHigh;
    private readonly ulong _sourceLow;
    private readonly ulong _destinationHigh;
    private readonly ulong _destinationLow;

    // sourcePort << 48 | destinationPort << 32 | protocol: one word, so that no padding is left undefined.
    private readonly ulong _portsAndProtocol;

    /// <summary>Makes a key from 128-bit addresses in host order.</summary>
    /// <param name="source">Source address as a number.</param>
    /// <param name="destination">Destination address as a number.</param>
    /// <param name="sourcePort">Source port, 0 where the protocol has none.</param>
    /// <param name="destinationPort">Destination port, 0 where the protocol has none.</param>
    /// <param name="protocol">The number of the protocol behind the extension headers (6 TCP, 17 UDP...).</param>
    public Ipv6FlowKey(UInt128 source, UInt128 destination, ushort sourcePort, ushort destinationPort, byte protocol)
        : this((ulong)(source >> 64), (ulong)source, (ulong)(destination >> 64), (ulong)destination, sourcePort, destinationPort, protocol)
    {
    }

    /// <summary>Makes a key from the halves of the addresses in host order.</summary>
    public Ipv6FlowKey(ulong sourceHigh, ulong sourceLow, ulong destinationHigh, ulong destinationLow, ushort sourcePort, ushort destinationPort, byte protocol)
    {
        _sourceHigh = sourceHigh;
        _sourceLow = sourceLow;
        _destinationHigh = destinationHigh;
        _destinationLow = destinationLow;
        _portsAndProtocol = ((ulong)sourcePort << 48) | ((ulong)destinationPort << 32) | protocol;
    }

    /// <summary>Makes a key from addresses; both must be IPv6.</summary>
    /// <exception cref="ArgumentException">An address is not IPv6.</exception>
    public Ipv6FlowKey(IPAddress source, IPAddress destination, ushort sourcePort, ushort destinationPort, byte protocol)
        : this(ToNumber(source), ToNumber(destination), sourcePort, destinationPort, protocol)
    {
    }

    /// <summary>Source address as a number in host order.</summary>
    public UInt128 Source => new(_sourceHigh, _sourceLow);

    /// <summary>Destination address as a number in host order.</summary>
    public UInt128 Destination => new(_destinationHigh, _destinationLow);

    /// <summary>The upper 64 bits of the source address.</summary>
    public ulong SourceHigh => _sourceHigh;

    /// <summary>The lower 64 bits of the source address.</summary>
    public ulong SourceLow => _sourceLow;

    /// <summary>The upper 64 bits of the destination address.</summary>
    public ulong DestinationHigh => _destinationHigh;

    /// <summary>The lower 64 bits of the destination address.</summary>
    public ulong DestinationLow => _destinationLow;

    /// <summary>Source port, 0 where the protocol has none.</summary>
    public ushort SourcePort => (ushort)(_portsAndProtocol >> 48);

    /// <summary>Destination port, 0 where the protocol has none.</summary>
    public ushort DestinationPort => (ushort)(_portsAndProtocol >> 32);

    /// <summary>IP protocol number.</summary>
    public byte Protocol => (byte)_portsAndProtocol;

    /// <summary>The key of the opposite direction of the same flow.</summary>
    public Ipv6FlowKey Reversed() =>
        new(_destinationHigh, _destinationLow, _sourceHigh, _sourceLow, DestinationPort, SourcePort, Protocol);

    /// <summary>The same value for both directions: the lower end point (address, then port, kept together) comes first.</summary>
    public Ipv6FlowKey Canonical()
    {
        int order = Source.CompareTo(Destination);
        return order < 0 || (order == 0 && SourcePort <= DestinationPort) ? this : Reversed();
    }

    /// <inheritdoc/>
    public bool Equals(Ipv6FlowKey other) =>
        ((_sourceHigh ^ other._sourceHigh) | (_sourceLow ^ other._sourceLow)
         | (_destinationHigh ^ other._destinationHigh) | (_destinationLow ^ other._destinationLow)
         | (_portsAndProtocol ^ other._portsAndProtocol)) == 0;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Ipv6FlowKey other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_sourceHigh, _sourceLow, _destinationHigh, _destinationLow, _portsAndProtocol);

    /// <summary>Equality of all five fields.</summary>
    public static bool operator ==(Ipv6FlowKey left, Ipv6FlowKey right) => left.Equals(right);

    /// <summary>Inequality of any of the five fields.</summary>
    public static bool operator !=(Ipv6FlowKey left, Ipv6FlowKey right) => !left.Equals(right);

    /// <summary>For example "[2001:db8::1]:4242 > [2001:db8::2]:80 proto 6".</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{this}");

    /// <inheritdoc/>
    public string ToString(string? format, IFormatProvider? formatProvider) => ToString();

    /// <inheritdoc/>
    public bool TryFormat(Span<char> destination, out int charsWritten, ReadOnlySpan<char> format, IFormatProvider? provider) =>
        destination.TryWrite(
            CultureInfo.InvariantCulture,
            $"[{ToAddress(Source)}]:{SourcePort} > [{ToAddress(Destination)}]:{DestinationPort} proto {Protocol}",
            out charsWritten);

    private static IPAddress ToAddress(UInt128 number)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, number);
        return new IPAddress(bytes);
    }

    private static UInt128 ToNumber(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
            throw new ArgumentException($"An IPv6 address is needed, but {address} is {address.AddressFamily}. Use {nameof(Ipv4FlowKey)} for IPv4.", nameof(address));
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        return BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }
}
