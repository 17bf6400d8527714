using System.Runtime.InteropServices;

namespace OpenNetVM.Core.Ports;

/// <summary>The positions of a <see cref="FrameWire"/>, each side's on lines of its own.</summary>
/// <remarks>
/// <code>
/// byte   0  nothing (the wire's read-only fields lie before this struct)
/// byte 128  sending side: position, and what it last saw of the other   written by the sender only
/// byte 288  receiving side: position, and what it last saw of the other written by the receiver only
/// byte 320  nothing up to byte 448 (whatever lies after the object)
/// </code>
/// An object may start at any multiple of 8 bytes, so the sides lie more than 128 bytes apart instead of on 128-byte lines.
/// </remarks>
[StructLayout(LayoutKind.Explicit, Size = 448)]
internal struct FrameWireCursors
{
    /// <summary>Frames published to the receiver. Written last, so that whoever sees it sees the frames.</summary>
    [FieldOffset(128)] public long Sent;

    /// <summary>Frames written, published or not. Sender only.</summary>
    [FieldOffset(136)] public long Written;

    /// <summary>Bytes written, published or not. Sender only.</summary>
    [FieldOffset(144)] public long WrittenBytes;

    /// <summary>What the sender last saw of <see cref="Received"/>.</summary>
    [FieldOffset(152)] public long SeenReceived;

    /// <summary>What the sender last saw of <see cref="ReceivedBytes"/>.</summary>
    [FieldOffset(160)] public long SeenReceivedBytes;

    /// <summary>Frames given back to the sender.</summary>
    [FieldOffset(288)] public long Received;

    /// <summary>Bytes given back to the sender.</summary>
    [FieldOffset(296)] public long ReceivedBytes;

    /// <summary>Frames read, given back or not. Receiver only.</summary>
    [FieldOffset(304)] public long Read;

    /// <summary>Bytes read, given back or not. Receiver only.</summary>
    [FieldOffset(312)] public long ReadBytes;
}
