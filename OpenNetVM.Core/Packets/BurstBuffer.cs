using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace OpenNetVM.Core.Packets;

/// <summary>
/// Room for the descriptors of a burst that starts on a cache line and stays there: code that takes several descriptors at a time would else cross a
/// line at every second access.
/// </summary>
internal readonly unsafe struct BurstBuffer
{
    private const int LineBytes = 64;

    private readonly ulong[] _words;
    private readonly int _start;
    private readonly int _count;

    internal BurstBuffer(int capacity)
    {
        _words = GC.AllocateArray<ulong>((capacity * 2) + (LineBytes / sizeof(ulong)), pinned: true);
        nuint address = (nuint)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_words));
        _start = (int)((0 - address) % LineBytes / sizeof(ulong));
        _count = capacity * 2;
    }

    internal Span<PacketDescriptor> Span => MemoryMarshal.Cast<ulong, PacketDescriptor>(_words.AsSpan(_start, _count));
}
