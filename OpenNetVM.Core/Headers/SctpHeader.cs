using System.Buffers.Binary;
using System.Numerics;

namespace OpenNetVM.Core.Headers;

/// <summary>A view of an SCTP packet (RFC 9260) with its chunks; reads and writes go straight to the bytes, numbers are in host order. Setters leave the checksum alone.</summary>
public readonly ref struct SctpHeader
{
    /// <summary>Bytes of the common header.</summary>
    public const int Length = 12;

    private const int ChecksumOffset = 8;
    private readonly Span<byte> _packet;

    private SctpHeader(Span<byte> packet) => _packet = packet;

    /// <summary>Source port.</summary>
    public ushort SourcePort
    {
        get => Wire.U16(_packet, 0);
        set => Wire.U16(_packet, 0, value);
    }

    /// <summary>Destination port.</summary>
    public ushort DestinationPort
    {
        get => Wire.U16(_packet, 2);
        set => Wire.U16(_packet, 2, value);
    }

    /// <summary>Verification tag of the receiver; 0 in the packet that opens an association.</summary>
    public uint VerificationTag
    {
        get => Wire.U32(_packet, 4);
        set => Wire.U32(_packet, 4, value);
    }

    /// <summary>The CRC32c as it stands in the packet, as a number: SCTP sends its lowest byte first (RFC 9260 appendix A).</summary>
    public uint Checksum
    {
        get => BinaryPrimitives.ReadUInt32LittleEndian(_packet[ChecksumOffset..]);
        set => BinaryPrimitives.WriteUInt32LittleEndian(_packet[ChecksumOffset..], value);
    }

    /// <summary>The chunks.</summary>
    public SctpChunks Chunks => new(_packet[Length..]);

    /// <summary>What follows the common header: all chunks.</summary>
    public Span<byte> Payload => _packet[Length..];

    /// <summary>Whether the checksum is right; only meaningful for whole packets, not for fragments.</summary>
    public bool IsChecksumValid => Checksum == ComputeChecksum();

    /// <summary>Views a packet; false where there are fewer than 12 bytes.</summary>
    /// <param name="packet">Header and chunks, without Ethernet padding (as <see cref="Ipv4Header.Payload"/> gives it): the checksum covers all of it.</param>
    /// <param name="header">The view.</param>
    public static bool TryParse(Span<byte> packet, out SctpHeader header)
    {
        bool enough = packet.Length >= Length;
        header = enough ? new(packet) : default;
        return enough;
    }

    /// <summary>What <see cref="Checksum"/> should be: the CRC32c of the packet with the checksum field taken as zero.</summary>
    public uint ComputeChecksum()
    {
        uint crc = Crc32C(uint.MaxValue, _packet[..ChecksumOffset]);
        crc = BitOperations.Crc32C(crc, 0u);
        return ~Crc32C(crc, _packet[Length..]);
    }

    /// <summary>Computes the checksum anew. There is no incremental update of a CRC: after any change all of the packet is read.</summary>
    public void UpdateChecksum() => Checksum = ComputeChecksum();

    private static uint Crc32C(uint crc, ReadOnlySpan<byte> bytes)
    {
        for (; bytes.Length >= 8; bytes = bytes[8..])
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        foreach (byte part in bytes)
            crc = BitOperations.Crc32C(crc, part);
        return crc;
    }
}
