using System.Runtime.InteropServices;

namespace OpenNetVM.Core.Rings;

/// <summary>
/// The part of a ring that all its users see, at its start in unmanaged memory; the slots follow it. It holds no address, so threads and
/// processes share it whatever address their mapping has.
/// </summary>
/// <remarks>
/// <code>
/// byte   0  magic, version, kind, element size, capacity     written once, when the ring is formatted
/// byte 128  producer cursor: elements ever published         written by the producing side only
/// byte 256  consumer cursor: elements ever taken             written by the consuming side only
/// byte 384  slots: capacity elements; then, where the kind has them, one 4-byte turn per slot
/// </code>
/// 128 bytes keep the cursors apart on every processor: two 64-byte lines that are fetched as a pair (x64), or one line (some ARM64).
/// </remarks>
[StructLayout(LayoutKind.Explicit, Size = Bytes)]
internal struct RingHeader
{
    /// <summary>The size of the header, and so the offset of the first slot.</summary>
    public const int Bytes = 3 * Line;

    /// <summary>The distance that keeps two words from sharing a cache line.</summary>
    public const int Line = 128;

    /// <summary>"ONVMring" in the bytes of memory.</summary>
    public const ulong ExpectedMagic = 0x676E_6972_4D56_4E4F;

    /// <summary>Changed with every change of the layout.</summary>
    public const uint ExpectedVersion = 1;

    [FieldOffset(0)]
    public ulong Magic;

    [FieldOffset(8)]
    public uint Version;

    [FieldOffset(12)]
    public RingKind Kind;

    [FieldOffset(16)]
    public int ElementSize;

    [FieldOffset(20)]
    public int Capacity;

    [FieldOffset(Line)]
    public long ProducerCursor;

    [FieldOffset(2 * Line)]
    public long ConsumerCursor;
}
