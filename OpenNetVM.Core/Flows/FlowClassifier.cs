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
    /// <returns>True if all have the same steering for certain.</returns>
    internal bool Classify(Span<PacketDescriptor> burst, PortEntry port)
    {
        // Read before any rule is: a rule that is set meanwhile makes the packet's version old, and the packet is looked up again.
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

        for (; !burst.IsEmpty; burst = burst[Math.Min(burst.Length, BurstSize)..])
        {
            Span<PacketDescriptor> part = burst[..Math.Min(burst.Length, BurstSize)];
            if (!find)
            {
                Hash(part);
                continue;
            }

            Gather(part, BufferOwner.Manager, hash ? HashUse.Compute : HashUse.OfPacket);

            uint now = plane.Director.Now;
            if (plane.Director.Ipv4.Lookup(_ipv4.Hashes, _ipv4.Keys, _ipv4.Values, _ipv4.Hits, now, _ipv4.Lengths) > 0)
                Assign(part, _ipv4);
            if (plane.Director.Ipv6.Lookup(_ipv6.Hashes, _ipv6.Keys, _ipv6.Values, _ipv6.Hits, now, _ipv6.Lengths) > 0)
                Assign(part, _ipv6);
        }

        return !find;
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
                Gather(part, owner, HashUse.OfKey);
                plane.Director.Ipv4.Lookup(_ipv4.Hashes, _ipv4.Keys, _ipv4.Values, _ipv4.Hits);
                Collect(_ipv4);
                plane.Director.Ipv6.Lookup(_ipv6.Hashes, _ipv6.Keys, _ipv6.Values, _ipv6.Hits);
                Collect(_ipv6);
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

    // Where nothing is to be found by the keys: the hashes alone, without gathering.
    private void Hash(Span<PacketDescriptor> burst)
    {
        foreach (ref PacketDescriptor descriptor in burst)
        {
            if (!plane.Pool.IsOwnedBy(descriptor.BufferIndex, BufferOwner.Manager))
                continue;
            Packet packet = plane.Pool.Open(ref descriptor);
            PacketLayers layers = packet.Layers;
            ReadOnlySpan<byte> data = packet.Data;
            if (FlowKeyReader.TryReadKey(data, layers, out Ipv4FlowKey ipv4))
                descriptor.RssHash = RssHash.Of(ipv4, layers);
            else if (FlowKeyReader.TryReadKey(data, layers, out Ipv6FlowKey ipv6))
                descriptor.RssHash = RssHash.Of(ipv6, layers);
        }
    }

    // Collects the flow keys of a burst, by protocol version. What is not the sender's own is not looked at.
    private void Gather(Span<PacketDescriptor> burst, uint owner, HashUse use)
    {
        _ipv4.Clear();
        _ipv6.Clear();
        for (int i = 0; i < burst.Length; i++)
        {
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

    private void Assign<TKey>(Span<PacketDescriptor> burst, GatheredKeys<TKey> found)
        where TKey : unmanaged
    {
        for (int i = 0; i < found.Count; i++)
        {
            if (found.Hits[i] && plane.Chains.Current(found.Values[i].Chain) is { } chain)
                burst[found.Positions[i]].Chain = chain.Slot;
        }
    }

    private void Collect<TKey>(GatheredKeys<TKey> found)
        where TKey : unmanaged
    {
        for (int i = 0; i < found.Count; i++)
        {
            if (found.Hits[i] && plane.Chains.Current(found.Values[i].Chain) is { } chain)
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
