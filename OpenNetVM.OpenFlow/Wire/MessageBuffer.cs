using System.Buffers.Binary;
using System.Text;
using OpenNetVM.OpenFlow.Protocol;

namespace OpenNetVM.OpenFlow.Wire;

/// <summary>
/// Memory in which messages are put together, one behind the other; from a pool, so that writing messages allocates nothing. Used by one thread at a time.
/// </summary>
internal sealed class MessageBuffer
{
    private const int InitialCapacity = 2048;

    /// <summary>A buffer that has grown above this is not worth keeping.</summary>
    private const int LargestKept = 4 * OpenFlowConstants.LongestMessage;

    private byte[] _bytes = new byte[InitialCapacity];

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Length);

    public ReadOnlyMemory<byte> WrittenMemory => _bytes.AsMemory(0, Length);

    public void U8(byte value) => Claim(1)[0] = value;

    public void U16(ushort value) => BinaryPrimitives.WriteUInt16BigEndian(Claim(2), value);

    public void U32(uint value) => BinaryPrimitives.WriteUInt32BigEndian(Claim(4), value);

    public void U48(ulong value)
    {
        U16((ushort)(value >> 32));
        U32((uint)value);
    }

    public void U64(ulong value) => BinaryPrimitives.WriteUInt64BigEndian(Claim(8), value);

    public void Number(UInt128 value, int length)
    {
        Span<byte> bytes = Claim(length);
        for (int i = length - 1; i >= 0; i--)
        {
            bytes[i] = (byte)value;
            value >>= 8;
        }
    }

    public void Zeros(int length) => Claim(length);

    public void Bytes(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Claim(bytes.Length));

    /// <summary>Zeros up to a multiple of eight bytes behind <paramref name="start"/>.</summary>
    public void PadTo8(int start) => Zeros(-(Length - start) & 7);

    /// <summary>Text of a fixed length with at least one zero behind it; what does not fit is cut between characters.</summary>
    public void Text(string text, int length)
    {
        Span<byte> field = Claim(length);
        Encoder encoder = Encoding.UTF8.GetEncoder();
        encoder.Convert(text, field[..(length - 1)], flush: true, out _, out _, out _);
    }

    public void PatchU16(int offset, int value) => BinaryPrimitives.WriteUInt16BigEndian(_bytes.AsSpan(offset, 2), checked((ushort)value));

    /// <summary>Forgets everything behind <paramref name="length"/>.</summary>
    public void Truncate(int length) => Length = length;

    /// <summary>Moves what lies behind <paramref name="start"/> towards the end and hands out the gap.</summary>
    public Span<byte> InsertAt(int start, int length)
    {
        int moved = Length - start;
        Claim(length);
        _bytes.AsSpan(start, moved).CopyTo(_bytes.AsSpan(start + length));
        return _bytes.AsSpan(start, length);
    }

    /// <summary>Empties the buffer for its next use; false where it is too large to be kept.</summary>
    public bool TryReset()
    {
        Length = 0;
        return _bytes.Length <= LargestKept;
    }

    // What is claimed is zero: buffers are used again, and padding must not carry bytes of earlier messages.
    private Span<byte> Claim(int length)
    {
        if (_bytes.Length - Length < length)
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, Length + length));
        Span<byte> claimed = _bytes.AsSpan(Length, length);
        claimed.Clear();
        Length += length;
        return claimed;
    }
}
