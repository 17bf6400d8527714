using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace OpenNetVM.FlowTable;

/// <summary>
/// The five-tuple of an IPv4 packet: 16 bytes, blittable, immutable, safe to share between threads.
/// Addresses and ports are numbers in host order (192.0.2.1 is 0xC0000201); ports are 0 where the protocol has none.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 16)]
public readonly struct Ipv4FlowKey : IEquatable<Ipv4FlowKey>, ISpanFormattable
{
    [FieldOffset(0)] private readonly uint _source;
    [FieldOffset(4)] private readonly uint _destination;
    [FieldOffset(8)] private readonly ushort _sourcePort;
    [FieldOffset(10)] private readonly ushort _destinationPort;

    // One word for the protocol and its three bytes of padding, so that the padding is always zero and equality is one 128-bit compare.
    [FieldOffset(12)] private readonly uint _protocol;

    // The whole key at once, for equality and hashing.
    [FieldOffset(0)] private readonly Vector128<byte> _bits;

    /// <summary>Makes a key from numbers in host order.</summary>
    /// <param name="source">Source address, for example 0xC0000201 for 192.0.2.1.</param>
    /// <param name="destination">Destination address.</param>
    /// <param name="sourcePort">Source port, 0 where the protocol has none.</param>
    /// <param name="destinationPort">Destination port, 0 where the protocol has none.</param>
    /// <param name="protocol">IP protocol number (6 TCP, 17 UDP, 132 SCTP...).</param>
    public Ipv4FlowKey(uint source, uint destination, ushort sourcePort, ushort destinationPort, byte protocol)
    {
        // In one store: whoever copies the key just after would have to wait for several.
        uint ports = BitConverter.IsLittleEndian ? sourcePort | ((uint)destinationPort << 16) : destinationPort | ((uint)sourcePort << 16);
        this = Unsafe.BitCast<Vector128<uint>, Ipv4FlowKey>(Vector128.Create(source, destination, ports, protocol));
    }

    /// <summary>Makes a key from addresses; both must be IPv4.</summary>
    /// <exception cref="ArgumentException">An address is not IPv4.</exception>
    public Ipv4FlowKey(IPAddress source, IPAddress destination, ushort sourcePort, ushort destinationPort, byte protocol)
        : this(ToNumber(source), ToNumber(destination), sourcePort, destinationPort, protocol)
    {
    }

    /// <summary>Source address as a number in host order.</summary>
    public uint Source => _source;

    /// <summary>Destination address as a number in host order.</summary>
    public uint Destination => _destination;

    /// <summary>Source port, 0 where the protocol has none.</summary>
    public ushort SourcePort => _sourcePort;

    /// <summary>Destination port, 0 where the protocol has none.</summary>
    public ushort DestinationPort => _destinationPort;

    /// <summary>IP protocol number.</summary>
    public byte Protocol => (byte)_protocol;

    /// <summary>The key of the opposite direction of the same flow.</summary>
    public Ipv4FlowKey Reversed() => new(_destination, _source, _destinationPort, _sourcePort, (byte)_protocol);

    /// <summary>The same value for both directions: the lower end point (address, then port, kept together) comes first.</summary>
    public Ipv4FlowKey Canonical() =>
        _source < _destination || (_source == _destination && _sourcePort <= _destinationPort) ? this : Reversed();

    /// <inheritdoc/>
    public bool Equals(Ipv4FlowKey other) => _bits == other._bits;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Ipv4FlowKey other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_source, _destination, ((uint)_sourcePort << 16) | _destinationPort, _protocol);

    /// <summary>Equality of all five fields.</summary>
    public static bool operator ==(Ipv4FlowKey left, Ipv4FlowKey right) => left.Equals(right);

    /// <summary>Inequality of any of the five fields.</summary>
    public static bool operator !=(Ipv4FlowKey left, Ipv4FlowKey right) => !left.Equals(right);

    /// <summary>For example "192.0.2.1:4242 > 198.51.100.7:80 proto 6".</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{this}");

    /// <inheritdoc/>
    public string ToString(string? format, IFormatProvider? formatProvider) => ToString();

    /// <inheritdoc/>
    public bool TryFormat(Span<char> destination, out int charsWritten, ReadOnlySpan<char> format, IFormatProvider? provider) =>
        destination.TryWrite(
            CultureInfo.InvariantCulture,
            $"{_source >> 24}.{(byte)(_source >> 16)}.{(byte)(_source >> 8)}.{(byte)_source}:{_sourcePort} > {_destination >> 24}.{(byte)(_destination >> 16)}.{(byte)(_destination >> 8)}.{(byte)_destination}:{_destinationPort} proto {_protocol}",
            out charsWritten);

    private static uint ToNumber(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        if (address.AddressFamily != AddressFamily.InterNetwork)
            throw new ArgumentException($"An IPv4 address is needed, but {address} is {address.AddressFamily}. Use {nameof(Ipv6FlowKey)} for IPv6.", nameof(address));
        Span<byte> bytes = stackalloc byte[4];
        address.TryWriteBytes(bytes, out _);
        return BinaryPrimitives.ReadUInt32BigEndian(bytes);
    }
}
