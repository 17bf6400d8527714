using OpenNetVM.Core.Headers;
using OpenNetVM.Core.Packets;
using OpenNetVM.FlowTable;

namespace OpenNetVM.Benchmarks.Experiments.Paper;

/// <summary>
/// A flow table in a function's hands, looked up packet by packet or, with the hashes that came with the packets, by the burst. One thread reads at a time; several may share the table.
/// </summary>
/// <param name="flows">What it holds.</param>
/// <param name="naive">
/// True: at every lookup the frame is parsed from its first byte, the five-tuple read and its Toeplitz hash computed in software; nothing that another
/// hop found is used. False: the five-tuple is read where the platform has found it before, and the hash is the one that came with the packet.
/// </param>
internal sealed class FlowLookup(IReadOnlyList<Ipv4FlowKey> flows, bool naive) : IDisposable
{
    private readonly CuckooFlowTable<Ipv4FlowKey, int> _table = Fill(flows);

    /// <summary>The number of the packet's flow; -1 for a packet of none.</summary>
    internal int Find(Packet packet)
    {
        Ipv4FlowKey key;
        uint hash;
        if (naive)
        {
            ReadOnlySpan<byte> frame = packet.Data;
            FlowKeyReader.Parse(frame, out PacketLayers layers);
            if (!FlowKeyReader.TryReadKey(frame, layers, out key))
                return -1;
            hash = SymmetricRss.Hash.Compute(key);
        }
        else
        {
            if (!packet.TryGetFlowKey(out key))
                return -1;
            hash = packet.RssHash;
        }

        return _table.TryGetValue(hash, key, out int flow) ? flow : -1;
    }

    /// <summary>The numbers of a burst's flows in one go, by the hashes that came with the packets: memory is waited for once, not once a packet.</summary>
    /// <param name="batch">The burst; every packet has a flow key.</param>
    /// <param name="buffers">Room for it, of the caller's own.</param>
    /// <returns>How many were found; <see cref="LookupBuffers.Hits"/> and <see cref="LookupBuffers.Values"/> say which and what.</returns>
    internal int Find(PacketBatch batch, LookupBuffers buffers)
    {
        for (int i = 0; i < batch.Count; i++)
        {
            Packet packet = batch[i];
            packet.TryGetFlowKey(out buffers.Keys[i]);
            buffers.Hashes[i] = packet.RssHash;
        }

        return _table.Lookup(buffers.Hashes.AsSpan(0, batch.Count), buffers.Keys.AsSpan(0, batch.Count), buffers.Values.AsSpan(0, batch.Count), buffers.Hits.AsSpan(0, batch.Count));
    }

    /// <inheritdoc/>
    public void Dispose() => _table.Dispose();

    private static CuckooFlowTable<Ipv4FlowKey, int> Fill(IReadOnlyList<Ipv4FlowKey> flows)
    {
        CuckooFlowTable<Ipv4FlowKey, int> table = new(2 * flows.Count);
        for (int i = 0; i < flows.Count; i++)
        {
            if (table.TryAdd(SymmetricRss.Hash.Compute(flows[i]), flows[i], i) != AddResult.Added)
                throw new InvalidOperationException($"Flow {i} of {flows.Count} found no room in a table for twice as many.");
        }

        return table;
    }
}
