using System.Runtime.CompilerServices;
using OpenNetVM.Core.Memory;
using OpenNetVM.Core.Packets;

namespace OpenNetVM.Core.Ports;

/// <summary>Stateless. What ports do with packets that end in them.</summary>
internal static class PortSink
{
    /// <summary>Bytes of the frames of a burst.</summary>
    public static long Bytes(PacketPool pool, ReadOnlySpan<PacketDescriptor> burst)
    {
        long bytes = 0;
        foreach (ref readonly PacketDescriptor descriptor in burst)
            bytes += pool.Open(ref Unsafe.AsRef(in descriptor)).Length;
        return bytes;
    }

    /// <summary>Counts a burst as transmitted and frees it.</summary>
    public static void Swallow(ReadOnlySpan<PacketDescriptor> burst, PoolCache cache, ref PortQueueCounters counters)
    {
        counters.Add(burst.Length, Bytes(cache.Pool, burst));
        cache.Free(burst);
    }
}
