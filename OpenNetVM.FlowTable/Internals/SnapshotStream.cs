using System.Buffers.Binary;

namespace OpenNetVM.FlowTable.Internals;

/// <summary>
/// The parts of a snapshot as they pass a stream: each ends with the CRC-32C of all parts so far (but for the checksums themselves), so that a
/// part that is damaged, missing, repeated or from another snapshot is found before it is believed. For one thread.
/// </summary>
internal sealed class SnapshotStream(Stream stream)
{
    /// <summary>Bytes at the end of every part.</summary>
    internal const int ChecksumSize = sizeof(uint);

    private uint _checksum;
    private long _position;

    /// <summary>Writes a part; its checksum goes to the last four bytes.</summary>
    internal void Write(Span<byte> part)
    {
        _checksum = Crc32C.Append(_checksum, part[..^ChecksumSize]);
        BinaryPrimitives.WriteUInt32LittleEndian(part[^ChecksumSize..], _checksum);
        stream.Write(part);
    }

    /// <summary>Reads all of a part and not a byte more; checks nothing but that it is there.</summary>
    internal void Read(Span<byte> part, string name)
    {
        int length = stream.ReadAtLeast(part, part.Length, throwOnEndOfStream: false);
        if (length < part.Length)
            throw new InvalidDataException($"The snapshot ends too early: its {name}, from byte {_position} on, should have {part.Length} bytes, but only {length} came.");
        _position += length;
    }

    /// <summary>Checks the part that was read last.</summary>
    internal void Verify(ReadOnlySpan<byte> part, string name)
    {
        _checksum = Crc32C.Append(_checksum, part[..^ChecksumSize]);
        uint found = BinaryPrimitives.ReadUInt32LittleEndian(part[^ChecksumSize..]);
        if (found != _checksum)
        {
            throw new InvalidDataException(
                $"The snapshot is damaged: its {name}, {part.Length} bytes up to byte {_position}, has the checksum 0x{found:X8} where its contents give 0x{_checksum:X8}.");
        }
    }
}
