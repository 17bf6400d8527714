namespace OpenNetVM.Core.Headers;

/// <summary>One chunk of an SCTP packet (see <see cref="SctpChunks"/>): a view, writes go to the packet.</summary>
public readonly ref struct SctpChunk
{
    internal SctpChunk(Span<byte> bytes) => Bytes = bytes;

    /// <summary>The chunk with its four-byte header, without padding.</summary>
    public Span<byte> Bytes { get; }

    /// <summary>Kind of chunk (0 DATA, 1 INIT, 2 INIT ACK, 3 SACK... RFC 9260 section 3.2).</summary>
    public byte Type => Bytes[0];

    /// <summary>Flags, whose meaning the type gives.</summary>
    public byte Flags => Bytes[1];

    /// <summary>What follows the chunk's header.</summary>
    public Span<byte> Value => Bytes[4..];
}
