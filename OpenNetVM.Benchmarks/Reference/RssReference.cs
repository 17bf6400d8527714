using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace OpenNetVM.Benchmarks.Reference;

/// <summary>DPDK's Toeplitz hashes (rss_reference.c) over a fixed set of tuples of one length, with everything they need prepared.</summary>
internal sealed unsafe class RssReference : IDisposable
{
    private readonly delegate* unmanaged[SuppressGCTransition]<byte*, uint*, uint, uint*, uint, void> _softRss;
    private readonly delegate* unmanaged[SuppressGCTransition]<ulong*, byte**, uint, uint*, uint, void> _gfni;
    private readonly delegate* unmanaged[SuppressGCTransition]<ulong*, byte**, uint, uint*, uint, uint, void> _gfniBulk;

    private readonly uint _length;
    private readonly uint _count;
    private readonly byte* _convertedKey;
    private readonly ulong* _matrices;
    private readonly byte* _networkOrder;
    private readonly uint* _hostOrder;
    private readonly byte** _pointers;
    private readonly uint* _hashes;

    /// <param name="library">rss_reference.c.</param>
    /// <param name="tuples">The tuples in network order, one after the other.</param>
    /// <param name="length">Bytes of a tuple, 12 or 36.</param>
    /// <param name="key">The key to hash with, a multiple of 4 bytes.</param>
    internal RssReference(ReferenceLibrary library, ReadOnlySpan<byte> tuples, int length, ReadOnlySpan<byte> key)
    {
        _softRss = (delegate* unmanaged[SuppressGCTransition]<byte*, uint*, uint, uint*, uint, void>)library.Function("rss_softrss_be");
        _gfni = (delegate* unmanaged[SuppressGCTransition]<ulong*, byte**, uint, uint*, uint, void>)library.Function("rss_gfni");
        _gfniBulk = (delegate* unmanaged[SuppressGCTransition]<ulong*, byte**, uint, uint*, uint, uint, void>)library.Function("rss_gfni_bulk");
        HasGfni = ((delegate* unmanaged<int>)library.Function("rss_has_gfni"))() != 0;

        _length = (uint)length;
        _count = (uint)(tuples.Length / length);
        _networkOrder = Allocate<byte>(tuples.Length);
        tuples.CopyTo(new Span<byte>(_networkOrder, tuples.Length));
        _hostOrder = Allocate<uint>(tuples.Length / sizeof(uint));
        BinaryPrimitives.ReverseEndianness(MemoryMarshal.Cast<byte, uint>(tuples), new Span<uint>(_hostOrder, tuples.Length / sizeof(uint)));
        _pointers = (byte**)Allocate<nint>((int)_count);
        for (int i = 0; i < _count; i++)
            _pointers[i] = _networkOrder + (i * length);
        _hashes = Allocate<uint>((int)_count);

        _convertedKey = Allocate<byte>(key.Length);
        _matrices = Allocate<ulong>(key.Length);
        fixed (byte* original = key)
        {
            ((delegate* unmanaged<byte*, byte*, int, void>)library.Function("rss_convert_key"))(original, _convertedKey, key.Length);
            ((delegate* unmanaged<ulong*, byte*, int, void>)library.Function("rss_matrices"))(_matrices, original, key.Length);
        }
    }

    /// <summary>Whether <see cref="Gfni"/> and <see cref="GfniBulk"/> can be called on this machine.</summary>
    internal bool HasGfni { get; }

    /// <summary>The hashes that the last call made.</summary>
    internal ReadOnlySpan<uint> Hashes => new(_hashes, (int)_count);

    /// <summary>rte_softrss_be for each tuple.</summary>
    internal void SoftRss() => _softRss(_convertedKey, _hostOrder, _length, _hashes, _count);

    /// <summary>rte_thash_gfni for each tuple.</summary>
    internal void Gfni() => _gfni(_matrices, _pointers, _length, _hashes, _count);

    /// <summary>rte_thash_gfni_bulk for each burst of tuples.</summary>
    internal void GfniBulk(int burst) => _gfniBulk(_matrices, _pointers, _length, _hashes, _count, (uint)burst);

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeMemory.AlignedFree(_convertedKey);
        NativeMemory.AlignedFree(_matrices);
        NativeMemory.AlignedFree(_networkOrder);
        NativeMemory.AlignedFree(_hostOrder);
        NativeMemory.AlignedFree(_pointers);
        NativeMemory.AlignedFree(_hashes);
    }

    private static T* Allocate<T>(int count)
        where T : unmanaged => (T*)NativeMemory.AlignedAlloc((nuint)(count * sizeof(T)), 64);
}
