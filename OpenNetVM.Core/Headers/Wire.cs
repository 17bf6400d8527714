using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace OpenNetVM.Core.Headers;

/// <summary>Network-order numbers at an offset of a span; every access is bounds-checked by the span.</summary>
internal static class Wire
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort U16(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt16BigEndian(bytes.Slice(offset, 2));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint U32(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt32BigEndian(bytes.Slice(offset, 4));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong U64(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt64BigEndian(bytes.Slice(offset, 8));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong U48(ReadOnlySpan<byte> bytes, int offset) => ((ulong)U32(bytes, offset) << 16) | U16(bytes, offset + 4);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static UInt128 U128(ReadOnlySpan<byte> bytes, int offset) => new(U64(bytes, offset), U64(bytes, offset + 8));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void U16(Span<byte> bytes, int offset, ushort value) => BinaryPrimitives.WriteUInt16BigEndian(bytes.Slice(offset, 2), value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void U32(Span<byte> bytes, int offset, uint value) => BinaryPrimitives.WriteUInt32BigEndian(bytes.Slice(offset, 4), value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void U48(Span<byte> bytes, int offset, ulong value)
    {
        U32(bytes, offset, (uint)(value >> 16));
        U16(bytes, offset + 4, (ushort)value);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void U128(Span<byte> bytes, int offset, UInt128 value) => BinaryPrimitives.WriteUInt128BigEndian(bytes.Slice(offset, 16), value);

    /// <summary>Replaces the bits of <paramref name="mask"/> of one byte.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Bits(Span<byte> bytes, int offset, int mask, int value) =>
        bytes[offset] = (byte)((bytes[offset] & ~mask) | (value & mask));
}
