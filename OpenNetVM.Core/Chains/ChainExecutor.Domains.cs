using System.Runtime.CompilerServices;
using OpenNetVM.Core.Diagnostics;
using OpenNetVM.Core.Memory;
using OpenNetVM.Core.Packets;

namespace OpenNetVM.Core.Chains;

/// <content>Hops from one security domain into another: the packet is copied, and what the one can write the other never sees change.</content>
internal sealed unsafe partial class ChainExecutor
{
    /// <summary>The worker's cache of a security domain's buffers.</summary>
    internal PoolCache CacheOf(int domain)
    {
        if (domain >= _caches.Length)
            Array.Resize(ref _caches, domain + 1);
        return _caches[domain] ??= _pool.CreateCache(domain);
    }

    // Puts copies of packets that are not in a domain's memory in their places; returns those that found room.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private Span<PacketDescriptor> MoveTo(Span<PacketDescriptor> run, int domain, scoped in Sender from)
    {
        PoolSegment target = _pool.Segments[domain];
        PoolCache cache = CacheOf(domain);
        int kept = 0;
        for (int i = 0; i < run.Length; i++)
        {
            // What is not its sender's own is refused where it would be handed over.
            PacketDescriptor descriptor = run[i];
            if (target.Contains(descriptor.BufferIndex) || !_pool.IsOwnedBy(descriptor.BufferIndex, from.Owner))
            {
                run[kept++] = descriptor;
                continue;
            }

            if (!cache.TryClone(ref descriptor, out PacketDescriptor copy))
            {
                Drop(run.Slice(i, 1), from, DropReason.NoBuffer);
                continue;
            }

            // Where the headers are is found again: the finding lay in the other domain's memory.
            _pool.HeaderOf(copy.BufferIndex)->Layers = default;
            _pool.Owners[copy.BufferIndex] = _pool.Owners[descriptor.BufferIndex];
            Cache.Free(descriptor);
            run[kept++] = copy;
        }

        return run[..kept];
    }
}
