using System.Buffers.Binary;
using OpenNetVM.FlowTable;

namespace OpenNetVM.Core.Ports;

/// <summary>Immutable. The flows of a generator, spread over its receive queues by their hash as a NIC would, with each queue's share of the traffic.</summary>
internal sealed class GeneratedFlows
{
    public GeneratedFlows(GeneratorPortOptions options)
    {
        Templates = new FrameTemplate[FrameTemplate.Kinds];
        for (int kind = 0; kind < Templates.Length; kind++)
            Templates[kind] = new FrameTemplate(kind, options);

        int queues = options.ReceiveQueues;
        List<GeneratedFlow>[] flows = new List<GeneratedFlow>[queues];
        List<double>[] weights = new List<double>[queues];
        for (int i = 0; i < queues; i++)
        {
            flows[i] = queues == 1 ? new List<GeneratedFlow>(options.Flows) : [];
            weights[i] = [];
        }

        bool even = options.Distribution.Exponent == 0;
        double[] totals = new double[queues];
        double total = 0;
        for (int i = 0; i < options.Flows; i++)
        {
            GeneratedFlow flow = MakeFlow(i, options);
            int queue = (int)(flow.RssHash % (uint)queues);
            double weight = options.Distribution.Weight(i);
            flows[queue].Add(flow);
            if (!even)
                weights[queue].Add(weight);
            totals[queue] += weight;
            total += weight;
        }

        Queues = new QueueFlows[queues];
        for (int i = 0; i < queues; i++)
            Queues[i] = new QueueFlows(Pinned(flows[i]), even || flows[i].Count == 0 ? null : new AliasTable(weights[i]), totals[i] / total);
    }

    public FrameTemplate[] Templates { get; }

    public QueueFlows[] Queues { get; }

    private GeneratedFlow MakeFlow(int index, GeneratorPortOptions options)
    {
        // An exact share of the flows is of each kind, spread evenly over the ranks, and TCP's share is the same within both families.
        bool ipv6 = IsChosen(index, options.Ipv6Share);
        int withinFamily = ipv6 ? Chosen(index, options.Ipv6Share) : index - Chosen(index, options.Ipv6Share);
        bool tcp = IsChosen(withinFamily, options.TcpShare);

        // The source addresses are a permutation of 24 bits, so no two flows are the same: 10.0.0.0/8 has just as many addresses.
        uint permuted = Permute((uint)index, options.Seed);
        ulong random = GeneratorRandom.Mix(options.Seed + ((ulong)index * GeneratorRandom.Step));
        uint source = ipv6 ? permuted : 0x0A00_0000 | permuted;

        // 198.18.0.0/15 is set aside for benchmarks (RFC 2544).
        uint destination = ipv6 ? (uint)random : 0xC612_0000 | ((uint)random & 0x1_FFFF);
        ushort sourcePort = (ushort)(1_024 + ((random >> 32) % 64_512));
        ushort destinationPort = (ushort)(1 + ((random >> 48) % 1_023));

        FrameTemplate template = Templates[(ipv6 ? 1 : 0) | (tcp ? 2 : 0)];
        GeneratedFlow flow = new()
        {
            Source = BinaryPrimitives.ReverseEndianness(source),
            Destination = BinaryPrimitives.ReverseEndianness(destination),
            Ports = BinaryPrimitives.ReverseEndianness(((uint)sourcePort << 16) | destinationPort),
            RssHash = ipv6
                ? SymmetricRss.Hash.Compute(new Ipv6FlowKey(0x2001_0002_0000_0001, source, 0x2001_0002_0000_0002, destination, sourcePort, destinationPort, template.Protocol))
                : SymmetricRss.Hash.Compute(new Ipv4FlowKey(source, destination, sourcePort, destinationPort, template.Protocol)),
            Kind = (byte)((ipv6 ? 1 : 0) | (tcp ? 2 : 0)),
        };

        uint addresses = (source >> 16) + (ushort)source + (destination >> 16) + (ushort)destination;
        flow.NetworkChecksum = FrameTemplate.Fold(template.NetworkSum + addresses);
        flow.TransportChecksum = FrameTemplate.Fold(template.TransportSum + addresses + sourcePort + destinationPort);
        if (options.Sizes.IsFixed)
        {
            int size = options.Sizes.Smallest;
            flow.NetworkChecksum = FinishNetwork(flow.NetworkChecksum, size - 14);
            flow.TransportChecksum = FinishTransport(flow.TransportChecksum, template.SizeSums[size]);
            flow.BehindPorts = tcp ? (ushort)0 : BinaryPrimitives.ReverseEndianness((ushort)(size - template.Transport));
        }

        return flow;
    }

    /// <summary>The IPv4 checksum in wire order.</summary>
    public static ushort FinishNetwork(uint sum, int totalLength) =>
        BinaryPrimitives.ReverseEndianness((ushort)~FrameTemplate.Fold(sum + (uint)totalLength));

    /// <summary>The UDP or TCP checksum in wire order; for both 0 is sent as 0xFFFF, which sums the same and is what UDP asks for (RFC 768).</summary>
    public static ushort FinishTransport(uint sum, uint sizeSum)
    {
        ushort checksum = (ushort)~FrameTemplate.Fold(sum + sizeSum);
        return checksum == 0 ? (ushort)0xFFFF : BinaryPrimitives.ReverseEndianness(checksum);
    }

    // Pinned, so that flows can be fetched into the cache by address.
    private static GeneratedFlow[] Pinned(List<GeneratedFlow> flows)
    {
        GeneratedFlow[] array = GC.AllocateUninitializedArray<GeneratedFlow>(flows.Count, pinned: true);
        flows.CopyTo(array);
        return array;
    }

    private static int Chosen(int count, double share) => (int)(count * share);

    private static bool IsChosen(int index, double share) => Chosen(index + 1, share) > Chosen(index, share);

    // Odd factors and right shifts are invertible on 24 bits: distinct indexes stay distinct.
    private static uint Permute(uint index, ulong seed)
    {
        const uint Mask = 0xFF_FFFF;
        ulong keys = GeneratorRandom.Mix(seed);
        uint value = (index ^ (uint)keys) & Mask;
        value = (value * ((uint)(keys >> 24) | 1)) & Mask;
        value ^= value >> 12;
        value = (value * 0x5B_D1E5) & Mask;
        return value ^ (value >> 13);
    }

    /// <summary>The flows of one queue.</summary>
    /// <param name="Flows">In order of their rank.</param>
    /// <param name="Alias">How to pick one; null where all are equal.</param>
    /// <param name="Share">The queue's share of all packets.</param>
    public sealed record QueueFlows(GeneratedFlow[] Flows, AliasTable? Alias, double Share);
}
