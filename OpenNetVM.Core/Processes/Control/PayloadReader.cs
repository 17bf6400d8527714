using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace OpenNetVM.Core.Processes.Control;

/// <summary>
/// Reads the fields of a payload. After the first field that is not there or not well-formed everything reads as zero or empty, and
/// <see cref="IsComplete"/> is false: a message is read field after field and judged once at the end.
/// </summary>
internal ref struct PayloadReader(ReadOnlySequence<byte> payload)
{
    private SequenceReader<byte> _reader = new(payload);
    private bool _failed;

    /// <summary>Whether every field was well-formed and nothing is left.</summary>
    public readonly bool IsComplete => !_failed && _reader.End;

    public long Remaining => _failed ? 0 : _reader.Remaining;

    public byte Byte() => !_failed && _reader.TryRead(out byte value) ? value : Fail<byte>();

    public ushort UInt16()
    {
        Span<byte> bytes = stackalloc byte[sizeof(ushort)];
        return TryCopy(bytes) ? BinaryPrimitives.ReadUInt16LittleEndian(bytes) : (ushort)0;
    }

    public uint UInt32()
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        return TryCopy(bytes) ? BinaryPrimitives.ReadUInt32LittleEndian(bytes) : 0;
    }

    public int Int32() => (int)UInt32();

    public ulong UInt64()
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        return TryCopy(bytes) ? BinaryPrimitives.ReadUInt64LittleEndian(bytes) : 0;
    }

    public long Int64() => (long)UInt64();

    /// <summary>A size or count: negative is not well-formed.</summary>
    public int Count() => Int32() is >= 0 and int value ? value : Fail<int>();

    /// <summary>A length: negative is not well-formed.</summary>
    public long Length() => Int64() is >= 0 and long value ? value : Fail<long>();

    public bool Boolean() => Byte() switch
    {
        0 => false,
        1 => true,
        _ => Fail<bool>(),
    };

    public Guid Guid()
    {
        Span<byte> bytes = stackalloc byte[16];
        return TryCopy(bytes) ? new Guid(bytes) : default;
    }

    /// <summary>A name: short, and without control characters, as it goes into logs and reports.</summary>
    public string Name()
    {
        string name = Utf8(ControlProtocol.MaxName);
        return name.AsSpan().ContainsAnyInRange('\0', '\u001f') || name.AsSpan().ContainsAnyInRange('\u007f', '\u009f')
            || name.AsSpan().ContainsAny('\u2028', '\u2029') ? Fail<string>() ?? "" : name;
    }

    /// <summary>A text for people, of any characters.</summary>
    public string Text() => Utf8(ControlProtocol.MaxText);

    /// <summary>Bytes with a length of 32 bits in front, copied.</summary>
    public byte[] Bytes(int maximum)
    {
        uint length = UInt32();
        if (length > maximum || length > Remaining)
            return Fail<byte[]>() ?? [];
        byte[] bytes = length == 0 ? [] : new byte[length];
        return TryCopy(bytes) ? bytes : [];
    }

    /// <summary>Marks the payload as not well-formed, for what only the message can judge.</summary>
    public T? Fail<T>()
    {
        _failed = true;
        return default;
    }

    private string Utf8(int maximum)
    {
        int length = UInt16();
        if (length > maximum || length > Remaining)
            return Fail<string>() ?? "";
        Span<byte> bytes = stackalloc byte[ControlProtocol.MaxText];
        bytes = bytes[..length];
        if (!TryCopy(bytes))
            return "";
        // The decoder would put replacement characters for what is not UTF-8: two different names could become the same.
        return System.Text.Unicode.Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes) : Fail<string>() ?? "";
    }

    private bool TryCopy(scoped Span<byte> destination)
    {
        if (_failed || !_reader.TryCopyTo(destination))
        {
            _failed = true;
            return false;
        }

        _reader.Advance(destination.Length);
        return true;
    }
}
