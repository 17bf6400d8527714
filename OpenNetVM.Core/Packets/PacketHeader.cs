using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OpenNetVM.Core.Headers;

namespace OpenNetVM.Core.Packets;

/// <summary>
/// The 64 bytes in front of every buffer. They lie in memory that network functions of the domain can write, so
/// <see cref="Length"/> and <see cref="DataOffset"/> are read once, together, and checked against the buffer before they are used.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = Size)]
internal struct PacketHeader
{
    internal const int Size = 64;
    internal const int UserAreaOffset = 32;
    internal const int UserAreaSize = Size - UserAreaOffset;

    // Frame length in bytes.
    [FieldOffset(0)] internal uint Length;

    // First byte of the frame, counted from the end of this header.
    [FieldOffset(4)] internal ushort DataOffset;

    [FieldOffset(6)] internal ushort IngressPort;

    // Length, offset and ingress port in one load or store.
    [FieldOffset(0)] internal ulong LengthAndOffset;

    // Nanoseconds since 1970-01-01 UTC, 0 where the port does not stamp.
    [FieldOffset(8)] internal long Timestamp;

    // Bytes 16..31: where the layers are, once somebody has looked; all zero means that nobody has.
    [FieldOffset(16)] internal PacketLayers Layers;

    // The same as two words.
    [FieldOffset(16)] internal ulong LayersFirst;
    [FieldOffset(24)] internal ulong LayersSecond;

    // Bytes 32..63: for the network functions' own use along the chain.
    [FieldOffset(UserAreaOffset)] internal UserBytes UserArea;

    [InlineArray(UserAreaSize)]
    internal struct UserBytes
    {
        private byte _first;
    }
}
