using System.Diagnostics;
using System.Numerics;
using System.Runtime.InteropServices;

// The algorithm. Frames lie one behind the other in a ring of bytes: 16 bytes of header, the frame, up to 15 bytes of padding. A header never
// wraps around the ring's end because the ring's length and every record's are multiples of 16; a frame may.
//
// Sender                                                     Receiver
// 1. Room: capacity and bytes as last seen; when too         1. Waiting() = Sent (acquire) - Read.
//    little, read Received and ReceivedBytes (acquire).      2. Read header and frame of each; Read, ReadBytes += ...
// 2. Write header and frame; Written, WrittenBytes += ...    3. Release() writes ReceivedBytes, then Received (release):
// 3. Publish() writes Sent (release): frames are visible.       the bytes may be overwritten.
// 4. Full fence, then compare Received with the old Sent:    4. Only on finding nothing: full fence, then look again.
//    equal means that the receiver may have gone to sleep.
//
// 4 on both sides is Dekker's handshake: the sender writes Sent and then reads Received, the receiver writes Received and then reads
// Sent, with a fence between. At least one of them sees the other's write, so a frame never waits with nobody told.

namespace OpenNetVM.Core.Ports;

/// <summary>
/// A bounded ring of frames, copied in and copied out. One thread at a time sends, one thread at a time receives; the two sides need no lock.
/// </summary>
[DebuggerDisplay("Count = {Count}/{Capacity}")]
internal sealed class FrameWire
{
    /// <summary>Longest frame: the largest buffer that a pool can have, headroom included, so that every packet fits an empty wire.</summary>
    public const int MaximumFrameLength = (1 << 20) + (1 << 16);

    private const int HeaderSize = 16;
    private const int BytesPerFrame = 2_048;
    private const int MinimumBytes = 1 << 21;

    private readonly byte[] _bytes;
    private readonly int _capacity;
    private FrameWireCursors _cursors;

    public FrameWire(int capacity)
    {
        _capacity = capacity;

        // Not zeroed: a page that no frame has reached costs nothing.
        long bytes = Math.Max((long)BitOperations.RoundUpToPowerOf2((uint)capacity) * BytesPerFrame, MinimumBytes);
        _bytes = GC.AllocateUninitializedArray<byte>((int)bytes);
    }

    /// <summary>Most frames at a time.</summary>
    public int Capacity => _capacity;

    /// <summary>Any thread: frames published and not given back.</summary>
    public int Count
    {
        get
        {
            long received = Volatile.Read(ref _cursors.Received);
            return (int)Math.Clamp(Volatile.Read(ref _cursors.Sent) - received, 0, _capacity);
        }
    }

    private int Mask => _bytes.Length - 1;

    /// <summary>Sender: copies a frame in. False, and nothing happens, where there is no room.</summary>
    public bool TryWrite(ReadOnlySpan<byte> frame, uint hash, long timestamp)
    {
        Debug.Assert(frame.Length <= MaximumFrameLength, "longer frames are refused before");
        int size = RecordSize(frame.Length);
        if (!HasRoom(size) && !SeesRoom(size))
            return false;

        int at = (int)_cursors.WrittenBytes & Mask;
        Header header = new(frame.Length, hash, timestamp);
        MemoryMarshal.Write(_bytes.AsSpan(at, HeaderSize), in header);
        at = (at + HeaderSize) & Mask;
        int first = Math.Min(frame.Length, _bytes.Length - at);
        frame[..first].CopyTo(_bytes.AsSpan(at));
        frame[first..].CopyTo(_bytes);
        _cursors.Written++;
        _cursors.WrittenBytes += size;
        return true;
    }

    /// <summary>Sender: makes what was written visible. True if the receiver may have found the wire empty and must be told.</summary>
    public bool Publish()
    {
        long before = _cursors.Sent;
        if (_cursors.Written == before)
            return false;
        Volatile.Write(ref _cursors.Sent, _cursors.Written);
        Interlocked.MemoryBarrier();
        return Volatile.Read(ref _cursors.Received) >= before;
    }

    /// <summary>Receiver: frames that can be read, at most <paramref name="most"/>.</summary>
    public int Waiting(int most)
    {
        long waiting = Volatile.Read(ref _cursors.Sent) - _cursors.Read;
        if (waiting == 0)
        {
            Interlocked.MemoryBarrier();
            waiting = Volatile.Read(ref _cursors.Sent) - _cursors.Read;
        }

        return (int)Math.Min(waiting, most);
    }

    /// <summary>Receiver: the next frame's header. Only where <see cref="Waiting"/> said that there is one.</summary>
    public Header Peek() => MemoryMarshal.Read<Header>(_bytes.AsSpan((int)_cursors.ReadBytes & Mask, HeaderSize));

    /// <summary>Receiver: copies the next frame out, without going on to the one behind it.</summary>
    public void CopyTo(Span<byte> destination)
    {
        int at = (int)(_cursors.ReadBytes + HeaderSize) & Mask;
        int first = Math.Min(destination.Length, _bytes.Length - at);
        _bytes.AsSpan(at, first).CopyTo(destination);
        _bytes.AsSpan(0, destination.Length - first).CopyTo(destination[first..]);
    }

    /// <summary>Receiver: goes on to the next frame.</summary>
    public void Skip(in Header header)
    {
        _cursors.Read++;
        _cursors.ReadBytes += RecordSize(header.Length);
    }

    /// <summary>Receiver: gives what was read back to the sender.</summary>
    public void Release()
    {
        Volatile.Write(ref _cursors.ReceivedBytes, _cursors.ReadBytes);
        Volatile.Write(ref _cursors.Received, _cursors.Read);
    }

    private static int RecordSize(int length) => HeaderSize + ((length + HeaderSize - 1) & -HeaderSize);

    private bool HasRoom(int size) =>
        _cursors.Written - _cursors.SeenReceived < _capacity && _cursors.WrittenBytes + size - _cursors.SeenReceivedBytes <= _bytes.Length;

    private bool SeesRoom(int size)
    {
        _cursors.SeenReceived = Volatile.Read(ref _cursors.Received);
        _cursors.SeenReceivedBytes = Volatile.Read(ref _cursors.ReceivedBytes);
        return HasRoom(size);
    }

    /// <summary>What goes before each frame.</summary>
    internal readonly record struct Header(int Length, uint Hash, long Timestamp);
}
