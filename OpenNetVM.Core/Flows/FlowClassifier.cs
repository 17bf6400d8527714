using System.Numerics;
using System.Runtime.CompilerServices;
using OpenNetVM.Core.Chains;
using OpenNetVM.Core.Dataplane;
using OpenNetVM.Core.Headers;
using OpenNetVM.Core.Memory;
using OpenNetVM.Core.Packets;
using OpenNetVM.Core.Ports;
using OpenNetVM.FlowTable;

namespace OpenNetVM.Core.Flows;

/// <summary>
/// Finds the chain of each packet of a burst: RSS hash where the port gave none, then the director's rule, then the default chain. One per
/// worker, used by that worker alone. Packets are parsed only if there is something to find.
/// </summary>
internal sealed unsafe class FlowClassifier(DataplaneState plane)
{
    internal const int BurstSize = 64;

    private readonly GatheredKeys<Ipv4FlowKey> _ipv4 = new();
    private readonly GatheredKeys<Ipv6FlowKey> _ipv6 = new();
    private readonly ChainRevision?[] _chains = new ChainRevision?[BurstSize];

    /// <summary>Gives fresh packets their chain, before its first step.</summary>
    /// <returns>True if all have the same steering.</returns>
    internal bool Classify(Span<PacketDescriptor> burst, PortEntry port)
    {
        // Read before any rule is: a rule that is set meanwhile makes the packet's version old, and the packet is looked up again at its next hop.
        PacketDescriptor fresh = new()
        {
            Chain = plane.Chains.DefaultFor(port.Id.Value).Slot,
            Hop = ChainExecutor.BeforeFirst,
            DirectorVersion = plane.Director.ShortVersion,
        };
        bool hash = plane.SoftwareRss && !port.Info.ProvidesRssHash;
        bool find = plane.Director.Count > 0;
        foreach (ref PacketDescriptor descriptor in burst)
            descriptor.Steering = fresh.Steering;
        if (!hash && !find)
            return true;

        for (Span<PacketDescriptor> rest = burst; !rest.IsEmpty; rest = rest[Math.Min(rest.Length, BurstSize)..])
        {
            Span<PacketDescriptor> part = rest[..Math.Min(rest.Length, BurstSize)];
            GatherFresh(part, hash);
            if (!find)
                continue;

            uint now = plane.Director.Now;
            if (_ipv4.Count > 0 && plane.Director.Ipv4.Lookup(_ipv4.Hashes, _ipv4.Keys, _ipv4.Values, out ulong hits, now, _ipv4.Lengths) > 0)
                Assign(part, _ipv4, hits);
            if (_ipv6.Count > 0 && plane.Director.Ipv6.Lookup(_ipv6.Hashes, _ipv6.Keys, _ipv6.Values, out hits, now, _ipv6.Lengths) > 0)
                Assign(part, _ipv6, hits);
        }

        return !find || SteeringWords.AreEqual(burst);
    }

    /// <summary>
    /// Looks packets up again after the director has changed. A packet whose flow still has its chain stays where it is in it; one whose flow
    /// has another goes on behind the service of <paramref name="from"/> there, or at that chain's beginning.
    /// </summary>
    internal void Reclassify(Span<PacketDescriptor> burst, in Sender from, ushort version)
    {
        uint owner = from.Owner;
        for (; !burst.IsEmpty; burst = burst[Math.Min(burst.Length, BurstSize)..])
        {
            Span<PacketDescriptor> part = burst[..Math.Min(burst.Length, BurstSize)];
            for (int i = 0; i < part.Length; i++)
            {
                _chains[i] = plane.Pool.IsOwnedBy(part[i].BufferIndex, owner)
                    ? plane.Chains.DefaultFor(plane.Pool.HeaderOf(part[i].BufferIndex)->IngressPort)
                    : null;
            }

            if (plane.Director.Count > 0)
            {
                _ipv4.Clear();
                _ipv6.Clear();
                Gather(part, ulong.MaxValue >> (BurstSize - part.Length), owner, HashUse.OfKey);
                plane.Director.Ipv4.Lookup(_ipv4.Hashes, _ipv4.Keys, _ipv4.Values, out ulong hits);
                Collect(_ipv4, hits);
                plane.Director.Ipv6.Lookup(_ipv6.Hashes, _ipv6.Keys, _ipv6.Values, out hits);
                Collect(_ipv6, hits);
            }

            for (int i = 0; i < part.Length; i++)
            {
                ref PacketDescriptor descriptor = ref part[i];
                descriptor.DirectorVersion = version;
                if (_chains[i] is not { } chain || plane.Chains.Revision(descriptor.Chain)?.Id == chain.Id)
                    continue;
                descriptor.Chain = chain.Slot;
                descriptor.Hop = unchecked((byte)(chain.PositionAfter(from.Instance?.Service) - 1));
            }
        }
    }

    // The loops below are methods of their own and not inlined, so that each has the registers for itself.

    // Collects the flow keys of a burst that a port delivered. Nearly all of them are plain, and read at once.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void GatherFresh(Span<PacketDescriptor> burst, bool hash)
    {
        ulong others = PlainPackets.Read(burst, plane.Pool, _ipv4);
        _ipv4.Begin(burst.Length, others);
        _ipv6.Clear();
        if (hash)
        {
            SymmetricRss.Hash.Compute(_ipv4.Keys, _ipv4.Hashes);
            for (int i = 0; i < _ipv4.Count; i++)
                burst[_ipv4.Positions[i]].RssHash = _ipv4.Hashes[i];
        }

        if (others != 0)
            Gather(burst, others, BufferOwner.Manager, hash ? HashUse.Compute : HashUse.OfPacket);
    }

    // Adds the flow keys of some packets of a burst, by protocol version. What is not the sender's own is not looked at.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Gather(Span<PacketDescriptor> burst, ulong which, uint owner, HashUse use)
    {
        for (; which != 0; which &= which - 1)
        {
            int i = BitOperations.TrailingZeroCount(which);
            ref PacketDescriptor descriptor = ref burst[i];
            if (!plane.Pool.IsOwnedBy(descriptor.BufferIndex, owner))
                continue;

            Packet packet = plane.Pool.Open(ref descriptor);
            PacketLayers layers = packet.Layers;
            ReadOnlySpan<byte> data = packet.Data;
            switch (layers.Status)
            {
                case FlowKeyStatus.Ipv4 when FlowKeyReader.TryReadKey(data, layers, out Ipv4FlowKey key):
                    if (use == HashUse.Compute)
                        descriptor.RssHash = RssHash.Of(key, layers);
                    _ipv4.Add(i, key, IsOfKey(use, layers) ? RssHash.Of(key) : descriptor.RssHash, (uint)data.Length);
                    break;
                case FlowKeyStatus.Ipv6 when FlowKeyReader.TryReadKey(data, layers, out Ipv6FlowKey key):
                    if (use == HashUse.Compute)
                        descriptor.RssHash = RssHash.Of(key, layers);
                    _ipv6.Add(i, key, IsOfKey(use, layers) ? RssHash.Of(key) : descriptor.RssHash, (uint)data.Length);
                    break;
            }
        }
    }

    // A fragment's hash leaves the ports out, but the rule of its flow was set with them.
    private static bool IsOfKey(HashUse use, PacketLayers layers) => use == HashUse.OfKey || layers.Fragment != FragmentKind.None;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Assign<TKey>(Span<PacketDescriptor> burst, GatheredKeys<TKey> found, ulong hits)
        where TKey : unmanaged
    {
        ReadOnlySpan<byte> positions = found.Positions;
        ReadOnlySpan<FlowTarget> values = found.Values;
        ChainTable chains = plane.Chains;

        // Neighbours often have the same chain. The first comparison fails: no chain has the greatest id.
        ChainId id = new(ushort.MaxValue);
        ChainRevision? chain = null;
        ushort slot = 0;
        for (; hits != 0; hits &= hits - 1)
        {
            int i = BitOperations.TrailingZeroCount(hits);
            if (values[i].Chain != id)
            {
                id = values[i].Chain;
                chain = chains.Current(id);
                slot = chain?.Slot ?? 0;
            }

            if (chain is not null)
                burst[positions[i]].Chain = slot;
        }
    }

    private void Collect<TKey>(GatheredKeys<TKey> found, ulong hits)
        where TKey : unmanaged
    {
        for (; hits != 0; hits &= hits - 1)
        {
            int i = BitOperations.TrailingZeroCount(hits);
            if (plane.Chains.Current(found.Values[i].Chain) is { } chain)
                _chains[found.Positions[i]] = chain;
        }
    }

    /// <summary>Which hash finds a packet's rule.</summary>
    private enum HashUse
    {
        /// <summary>The one that the port delivered.</summary>
        OfPacket,

        /// <summary>The packet's, computed here and kept with it.</summary>
        Compute,

        /// <summary>The one of its present five-tuple: a function may have rewritten the header since it was hashed.</summary>
        OfKey,
    }
}
