using System.Runtime.CompilerServices;
using OpenNetVM.Core.Packets;

namespace OpenNetVM.Core.Ports;

/// <summary>Stateless. Copies prepared frames into buffers.</summary>
internal static unsafe class FrameCopy
{
    /// <summary>The header word of a received packet: length, offset and ingress port in one store.</summary>
    public static ulong HeaderWord(int headroom, int length, PortId port) =>
        ((ulong)port.Value << 48) | ((ulong)(ushort)headroom << 32) | (uint)length;

    /// <summary>Copies a frame. The caller vouches for both ranges.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Copy(byte* from, byte* to, int length)
    {
        // The smallest frames are the ones whose cost counts: a constant length becomes two or four vector moves, without a call.
        if (length == 64)
            Unsafe.CopyBlockUnaligned(to, from, 64);
        else
            Buffer.MemoryCopy(from, to, length, length);
    }

    /// <summary>Copies one frame into every buffer of a burst. The caller vouches for the descriptors and all ranges.</summary>
    /// <param name="burst">The packets.</param>
    /// <param name="frame">The frame.</param>
    /// <param name="first">Where the frame goes in the pool's first buffer.</param>
    /// <param name="stride">Bytes from one buffer to the next.</param>
    /// <param name="length">Bytes of the frame.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Fill(ReadOnlySpan<PacketDescriptor> burst, byte* frame, byte* first, nint stride, int length)
    {
        // Apart from its caller, so that everything stays in registers.
        foreach (ref readonly PacketDescriptor descriptor in burst)
            Copy(frame, first + ((nint)descriptor.BufferIndex * stride), length);
    }
}
