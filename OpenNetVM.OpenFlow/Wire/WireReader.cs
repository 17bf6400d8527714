using System.Buffers.Binary;
using OpenNetVM.OpenFlow.Protocol;

namespace OpenNetVM.OpenFlow.Wire;

/// <summary>
/// Reads network-order numbers of a message one after the other. Nothing is read past the end: there it fails with the error it was made with, and from
/// then on every number is zero, so that a parser need look at <see cref="Failed"/> only before it believes what it read, and in every loop.
/// </summary>
internal ref struct WireReader(ReadOnlySpan<byte> bytes, OpenFlowError lengthError)
{
    private ReadOnlySpan<byte> _rest = bytes;

    /// <summary>The first thing that was wrong.</summary>
    public OpenFlowError Error { get; private set; }

    public readonly bool Failed => Error.IsError;

    public readonly int Remaining => _rest.Length;

    public byte U8() => Take(1) is [byte value] ? value : (byte)0;

    public ushort U16() => Take(2) is { Length: 2 } part ? BinaryPrimitives.ReadUInt16BigEndian(part) : (ushort)0;

    public uint U32() => Take(4) is { Length: 4 } part ? BinaryPrimitives.ReadUInt32BigEndian(part) : 0;

    public ulong U48() => ((ulong)U16() << 32) | U32();

    public ulong U64() => Take(8) is { Length: 8 } part ? BinaryPrimitives.ReadUInt64BigEndian(part) : 0;

    public UInt128 Number(int length)
    {
        UInt128 value = 0;
        foreach (byte part in Take(length))
            value = (value << 8) | part;
        return value;
    }

    public void Skip(int length) => Take(length);

    /// <summary>The next bytes; none where there are fewer.</summary>
    public ReadOnlySpan<byte> Take(int length)
    {
        if (length < 0 || length > _rest.Length || Failed)
        {
            Fail(lengthError);
            return default;
        }

        ReadOnlySpan<byte> part = _rest[..length];
        _rest = _rest[length..];
        return part;
    }

    public ReadOnlySpan<byte> TakeRest() => Take(_rest.Length);

    public ValueArray<byte> RestAsArray() => ValueArray.Create(TakeRest());

    public ValueArray<byte> TakeArray(int length) => ValueArray.Create(Take(length));

    /// <summary>Bytes that were not read yet.</summary>
    public readonly ReadOnlySpan<byte> Peek(int length) => length <= _rest.Length ? _rest[..length] : default;

    /// <summary>A reader of the next bytes, with an error of its own; <see cref="Join"/> hands on what it found.</summary>
    public WireReader Part(int length, OpenFlowError error) => new(Take(length), error);

    /// <summary>Fails with what went wrong in a part.</summary>
    public void Join(in WireReader part) => Fail(part.Error);

    /// <summary>Says that what was read is wrong. Only the first error counts.</summary>
    public void Fail(OpenFlowError error)
    {
        if (error.IsError && !Failed)
        {
            Error = error;
            _rest = default;
        }
    }

    /// <summary>Fails where something is left that does not belong here.</summary>
    public void ExpectEnd()
    {
        if (_rest.Length > 0)
            Fail(lengthError);
    }

    /// <summary>Text of a fixed length, padded with zeros.</summary>
    public string Text(int length)
    {
        ReadOnlySpan<byte> bytes = Take(length);
        int end = bytes.IndexOf((byte)0);
        return System.Text.Encoding.UTF8.GetString(end < 0 ? bytes : bytes[..end]);
    }
}
