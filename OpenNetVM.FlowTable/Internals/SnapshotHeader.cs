using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace OpenNetVM.FlowTable.Internals;

/// <summary>
/// The beginning of a snapshot: what it is of. Numbers are little endian.
/// <code>
/// head    8 bytes  "ONVMFLOW"
///         2        version of the format, 1
///         2        <see cref="SnapshotParts"/>
///         4, 4     size of a key, size of a value
///         4        number of entries
///         2, 2     length of the name of the keys' type, of the values' type
///         4        checksum
/// names            both, in UTF-8
///         4        checksum
/// </code>
/// Everything after it has a length that follows from the head: blocks of as many entries as 64 KiB hold (one at least; the last block has the
/// rest), each with a checksum. See <see cref="SnapshotStream"/> for the checksums and CuckooFlowTable.Snapshot.cs for an entry.
/// </summary>
internal sealed record SnapshotHeader(SnapshotParts Parts, int KeySize, int ValueSize, string KeyType, string ValueType)
{
    internal const ushort Version = 1;

    private const int MagicSize = 8;
    private const int HeadSize = 32;

    // Far more than real names have. What is cut off is cut off on both sides.
    private const int MaximumNameLength = 1_000;

    private static ReadOnlySpan<byte> Magic => "ONVMFLOW"u8;

    internal static SnapshotHeader Of<TKey, TValue>(SnapshotParts parts)
        where TKey : unmanaged
        where TValue : unmanaged
    {
        unsafe
        {
            // ToString, because a full name has the versions of assemblies in it where a type argument comes from another one.
            return new SnapshotHeader(
                BitConverter.IsLittleEndian ? parts : parts | SnapshotParts.BigEndian,
                sizeof(TKey), sizeof(TValue), Shorten(typeof(TKey).ToString()), Shorten(typeof(TValue).ToString()));
        }
    }

    internal void Write(SnapshotStream stream, int entries)
    {
        Span<byte> head = stackalloc byte[HeadSize];
        int keyNameLength = Encoding.UTF8.GetByteCount(KeyType);
        int valueNameLength = Encoding.UTF8.GetByteCount(ValueType);
        Magic.CopyTo(head);
        BinaryPrimitives.WriteUInt16LittleEndian(head[8..], Version);
        BinaryPrimitives.WriteUInt16LittleEndian(head[10..], (ushort)Parts);
        BinaryPrimitives.WriteInt32LittleEndian(head[12..], KeySize);
        BinaryPrimitives.WriteInt32LittleEndian(head[16..], ValueSize);
        BinaryPrimitives.WriteInt32LittleEndian(head[20..], entries);
        BinaryPrimitives.WriteUInt16LittleEndian(head[24..], (ushort)keyNameLength);
        BinaryPrimitives.WriteUInt16LittleEndian(head[26..], (ushort)valueNameLength);
        stream.Write(head);
        byte[] names = new byte[keyNameLength + valueNameLength + SnapshotStream.ChecksumSize];
        Encoding.UTF8.GetBytes(KeyType, names);
        Encoding.UTF8.GetBytes(ValueType, names.AsSpan(keyNameLength));
        stream.Write(names);
    }

    /// <summary>Reads a header that has to be this one. Returns the number of entries.</summary>
    internal int Read(SnapshotStream stream)
    {
        Span<byte> head = stackalloc byte[HeadSize];
        stream.Read(head, "head");
        if (!head.StartsWith(Magic))
            throw new InvalidDataException($"This is no snapshot of a flow table: it begins with the bytes {Convert.ToHexString(head[..MagicSize])}, expected {Convert.ToHexString(Magic)}.");
        ushort version = BinaryPrimitives.ReadUInt16LittleEndian(head[8..]);
        if (version != Version)
            throw new InvalidDataException($"The snapshot has version {version} of the format, but version {Version} is the only one known here.");
        stream.Verify(head, "head");
        int entries = BinaryPrimitives.ReadInt32LittleEndian(head[20..]);
        if (entries < 0)
            throw new InvalidDataException($"The snapshot claims to hold {(uint)entries} entries, more than any table can.");

        SnapshotHeader found = ReadNames(
            stream, (SnapshotParts)BinaryPrimitives.ReadUInt16LittleEndian(head[10..]),
            BinaryPrimitives.ReadInt32LittleEndian(head[12..]), BinaryPrimitives.ReadInt32LittleEndian(head[16..]),
            BinaryPrimitives.ReadUInt16LittleEndian(head[24..]), BinaryPrimitives.ReadUInt16LittleEndian(head[26..]));
        return found == this ? entries : throw new InvalidDataException($"The snapshot does not fit this table: it is of {found}, but the table is of {this}.");
    }

    public override string ToString() => $"keys {KeyType} of {KeySize} bytes and values {ValueType} of {ValueSize} bytes with {Parts}";

    private static SnapshotHeader ReadNames(SnapshotStream stream, SnapshotParts parts, int keySize, int valueSize, int keyNameLength, int valueNameLength)
    {
        int length = keyNameLength + valueNameLength + SnapshotStream.ChecksumSize;
        byte[] buffer = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            Span<byte> names = buffer.AsSpan(0, length);
            stream.Read(names, "names of types");
            stream.Verify(names, "names of types");
            return new SnapshotHeader(
                parts, keySize, valueSize, Encoding.UTF8.GetString(names[..keyNameLength]), Encoding.UTF8.GetString(names.Slice(keyNameLength, valueNameLength)));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static string Shorten(string name) => name.Length <= MaximumNameLength ? name : name[..MaximumNameLength];
}
