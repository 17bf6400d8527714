using OpenNetVM.Core.Flows;
using OpenNetVM.Core.Packets;
using OpenNetVM.Core.Services;
using OpenNetVM.FlowTable;

namespace OpenNetVM.Core.LoadBalancing;

/// <summary>
/// Keeps each flow at the instance that got its first packet, for as long as that instance runs. Both directions of a flow share an entry. Any
/// thread selects; only the first packet of a flow takes a lock. When the table is full, the flow that was idle longest is forgotten.
/// </summary>
internal sealed class FlowPinning : IDisposable
{
    private readonly Lock _gate = new();
    private readonly CuckooFlowTable<Ipv4FlowKey, ushort> _ipv4;
    private readonly CuckooFlowTable<Ipv6FlowKey, ushort> _ipv6;

    internal FlowPinning(int capacity)
    {
        FlowTableOptions options = new() { WhenFull = TableFullPolicy.EvictOldest };
        _ipv4 = new CuckooFlowTable<Ipv4FlowKey, ushort>(capacity, options);
        _ipv6 = new CuckooFlowTable<Ipv6FlowKey, ushort>(Math.Max(1, capacity / 4), options);
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _ipv4.Dispose();
            _ipv6.Dispose();
        }
    }

    /// <summary>The instance for a packet. The set must not be empty.</summary>
    /// <param name="packet">The packet, held by the caller.</param>
    /// <param name="instances">The instances of the moment.</param>
    /// <param name="now">A clock, for finding the flow that was idle longest.</param>
    internal NfInstance Select(Packet packet, InstanceSet instances, uint now)
    {
        if (packet.TryGetFlowKey(out Ipv4FlowKey ipv4))
            return Select(_ipv4, RssHash.Of(ipv4), ipv4.Canonical(), packet.RssHash, instances, now);
        if (packet.TryGetFlowKey(out Ipv6FlowKey ipv6))
            return Select(_ipv6, RssHash.Of(ipv6), ipv6.Canonical(), packet.RssHash, instances, now);
        return instances.Select(packet.RssHash);
    }

    private NfInstance Select<TKey>(CuckooFlowTable<TKey, ushort> table, uint hash, in TKey key, uint packetHash, InstanceSet instances, uint now)
        where TKey : unmanaged, IEquatable<TKey>
    {
        if (table.TryGetValue(hash, key, now, 0, out ushort pinned) && instances.Find(new InstanceId(pinned)) is { } instance)
            return instance;
        lock (_gate)
        {
            // Another worker may have been first.
            if (table.TryGetValue(hash, key, out pinned) && instances.Find(new InstanceId(pinned)) is { } other)
                return other;
            instance = instances.Select(packetHash);
            table.Set(hash, key, instance.Id.Value, default, now);
            return instance;
        }
    }
}
