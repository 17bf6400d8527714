namespace OpenNetVM.OpenFlow.Datapath;

/// <summary>
/// A copy of the beginning of a frame, on which actions are tried without touching the packet: to find which rule the changed packet would meet next. For one
/// thread; allocates nothing after its construction.
/// </summary>
/// <remarks>Checksums over more than the copy has are not meaningful in it; headers are.</remarks>
internal sealed class ScratchFrame : IEditableFrame
{
    /// <summary>Bytes of a frame that are kept: more than the headers that rules look at ever take in a frame that makes sense.</summary>
    public const int Longest = 512;

    /// <summary>Room in front of the frame: for sixteen tags.</summary>
    public const int Headroom = 64;

    private readonly byte[] _buffer = new byte[Headroom + Longest];
    private int _start = Headroom;
    private int _length;

    public Span<byte> Data => _buffer.AsSpan(_start, _length);

    /// <summary>Takes a copy of a frame's first bytes, in place of the one before.</summary>
    public void Load(ReadOnlySpan<byte> frame)
    {
        _start = Headroom;
        _length = Math.Min(frame.Length, Longest);
        frame[.._length].CopyTo(_buffer.AsSpan(Headroom));
    }

    public bool TryPrepend(int count)
    {
        if ((uint)count > (uint)_start)
            return false;
        _start -= count;
        _length += count;
        return true;
    }

    public bool TryTrimStart(int count)
    {
        if ((uint)count > (uint)_length)
            return false;
        _start += count;
        _length -= count;
        return true;
    }

    public void Changed()
    {
        // Nothing is remembered of it.
    }
}
