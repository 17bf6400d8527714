using System.Runtime.CompilerServices;

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
}
