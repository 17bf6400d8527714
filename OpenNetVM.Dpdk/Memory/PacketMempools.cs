using OpenNetVM.Core.Memory;

namespace OpenNetVM.Dpdk.Memory;

/// <summary>The packet pools that ports of DPDK use at the moment, each with the mempool that stands for it. Safe from any thread.</summary>
internal sealed class PacketMempools(bool virtualAddressing)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<PacketPool, Entry> _entries = [];

    /// <summary>Joins the users of a pool; the first makes the mempool, the last ends it and brings back every buffer that drivers kept.</summary>
    /// <param name="pool">Where packets live.</param>
    /// <param name="socket">The device's NUMA node, or -1.</param>
    /// <param name="held">What the device has of the platform's packets, minus what the platform took over from it, in packets.</param>
    internal PacketMempoolLease Lease(PacketPool pool, int socket, Func<long> held)
    {
        lock (_gate)
        {
            if (!_entries.TryGetValue(pool, out Entry? entry))
            {
                entry = new Entry(new PacketMempool(pool, virtualAddressing, socket));
                _entries.Add(pool, entry);
                pool.Lender = entry.Lent;
            }

            PacketMempoolLease lease = new(this, entry.Mempool, held);
            entry.Add(lease);
            return lease;
        }
    }

    internal void End(PacketMempoolLease lease)
    {
        lock (_gate)
        {
            PacketPool pool = lease.Mempool.Pool;
            Entry entry = _entries[pool];
            if (entry.Remove(lease))
                return;
            _entries.Remove(pool);
            entry.Mempool.Dispose();
            pool.Lender = null;
        }
    }

    private sealed class Entry(PacketMempool mempool)
    {
        // Replaced whole, so that counting needs no lock: it happens under the pool's own.
        private PacketMempoolLease[] _leases = [];
        private long _ended;

        internal PacketMempool Mempool { get; } = mempool;

        internal void Add(PacketMempoolLease lease) => Volatile.Write(ref _leases, [.. _leases, lease]);

        /// <summary>False if that was the last.</summary>
        internal bool Remove(PacketMempoolLease lease)
        {
            _ended += lease.Held();
            Volatile.Write(ref _leases, [.. _leases.Where(other => other != lease)]);
            return _leases.Length > 0;
        }

        internal int Lent()
        {
            long lent = Mempool.Lent + Volatile.Read(ref _ended);
            foreach (PacketMempoolLease lease in Volatile.Read(ref _leases))
                lent += lease.Held();
            return (int)Math.Clamp(lent, 0, Mempool.Pool.PortBuffers);
        }
    }
}
