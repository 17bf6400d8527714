using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace OpenNetVM.Core.Processes.Control;

/// <summary>Writes the fields of a payload, in the form that <see cref="PayloadReader"/> reads.</summary>
internal static class PayloadWriter
{
    public static void WriteByte(this IBufferWriter<byte> writer, byte value)
    {
        writer.GetSpan(1)[0] = value;
        writer.Advance(1);
    }

    public static void WriteBoolean(this IBufferWriter<byte> writer, bool value) => writer.WriteByte(value ? (byte)1 : (byte)0);

    public static void WriteUInt16(this IBufferWriter<byte> writer, ushort value)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(writer.GetSpan(sizeof(ushort)), value);
        writer.Advance(sizeof(ushort));
    }

    public static void WriteUInt32(this IBufferWriter<byte> writer, uint value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(writer.GetSpan(sizeof(uint)), value);
        writer.Advance(sizeof(uint));
    }

    public static void WriteInt32(this IBufferWriter<byte> writer, int value) => writer.WriteUInt32((uint)value);

    public static void WriteUInt64(this IBufferWriter<byte> writer, ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(writer.GetSpan(sizeof(ulong)), value);
        writer.Advance(sizeof(ulong));
    }

    public static void WriteInt64(this IBufferWriter<byte> writer, long value) => writer.WriteUInt64((ulong)value);

    public static void WriteGuid(this IBufferWriter<byte> writer, Guid value)
    {
        value.TryWriteBytes(writer.GetSpan(16));
        writer.Advance(16);
    }

    /// <exception cref="ArgumentException">The name is longer than the protocol allows.</exception>
    public static void WriteName(this IBufferWriter<byte> writer, string? name)
    {
        name ??= "";
        int length = Encoding.UTF8.GetByteCount(name);
        if (length > ControlProtocol.MaxName)
            throw new ArgumentException($"'{name}' has {length} bytes in UTF-8; names of services, tags and domains may have {ControlProtocol.MaxName}.", nameof(name));
        writer.WriteUInt16((ushort)length);
        writer.Advance(Encoding.UTF8.GetBytes(name, writer.GetSpan(length)));
    }

    /// <summary>Writes as many whole characters as the protocol allows.</summary>
    /// <returns>The bytes that were written, those of the length included.</returns>
    public static int WriteText(this IBufferWriter<byte> writer, string? text)
    {
        Span<byte> bytes = stackalloc byte[ControlProtocol.MaxText];
        // Stops before a character that does not fit; lone surrogates become replacement characters.
        System.Text.Unicode.Utf8.FromUtf16(text, bytes, out _, out int written);
        writer.WriteUInt16((ushort)written);
        writer.Write(bytes[..written]);
        return sizeof(ushort) + written;
    }

    /// <exception cref="ArgumentException">There are more bytes than <paramref name="maximum"/>.</exception>
    public static void WriteBytes(this IBufferWriter<byte> writer, ReadOnlySpan<byte> bytes, int maximum)
    {
        if (bytes.Length > maximum)
            throw new ArgumentException($"The body has {bytes.Length:N0} bytes; at most {maximum:N0} can be sent in one message. Send it in parts.", nameof(bytes));
        writer.WriteUInt32((uint)bytes.Length);
        writer.Write(bytes);
    }
}
