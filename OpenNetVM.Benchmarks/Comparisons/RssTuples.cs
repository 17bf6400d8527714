using System.Buffers.Binary;
using OpenNetVM.FlowTable;

namespace OpenNetVM.Benchmarks.Comparisons;

/// <summary>The same random tuples in the forms in which they are hashed. They fit the first-level cache in every form.</summary>
internal sealed class RssTuples
{
    internal const int Count = 512;
    internal const int Burst = 32;
    internal const int Ipv4Length = 12;
    internal const int Ipv6Length = 36;

    internal RssTuples()
    {
        Random random = new(1);
        for (int i = 0; i < Count; i++)
        {
            Ipv4[i] = new Ipv4FlowKey((uint)random.NextInt64(), (uint)random.NextInt64(), (ushort)random.Next(), (ushort)random.Next(), 6);
            Ipv6[i] = new Ipv6FlowKey(
                (ulong)random.NextInt64(), (ulong)random.NextInt64(), (ulong)random.NextInt64(), (ulong)random.NextInt64(),
                (ushort)random.Next(), (ushort)random.Next(), 6);
        }
    }

    internal Ipv4FlowKey[] Ipv4 { get; } = new Ipv4FlowKey[Count];

    internal Ipv6FlowKey[] Ipv6 { get; } = new Ipv6FlowKey[Count];

    /// <summary>The IPv4 tuples in network order, one after the other.</summary>
    internal byte[] Ipv4Bytes()
    {
        byte[] bytes = new byte[Count * Ipv4Length];
        for (int i = 0; i < Count; i++)
        {
            Span<byte> tuple = bytes.AsSpan(i * Ipv4Length, Ipv4Length);
            BinaryPrimitives.WriteUInt32BigEndian(tuple, Ipv4[i].Source);
            BinaryPrimitives.WriteUInt32BigEndian(tuple[4..], Ipv4[i].Destination);
            BinaryPrimitives.WriteUInt16BigEndian(tuple[8..], Ipv4[i].SourcePort);
            BinaryPrimitives.WriteUInt16BigEndian(tuple[10..], Ipv4[i].DestinationPort);
        }
        return bytes;
    }

    /// <summary>The IPv6 tuples in network order, one after the other.</summary>
    internal byte[] Ipv6Bytes()
    {
        byte[] bytes = new byte[Count * Ipv6Length];
        for (int i = 0; i < Count; i++)
        {
            Span<byte> tuple = bytes.AsSpan(i * Ipv6Length, Ipv6Length);
            BinaryPrimitives.WriteUInt128BigEndian(tuple, Ipv6[i].Source);
            BinaryPrimitives.WriteUInt128BigEndian(tuple[16..], Ipv6[i].Destination);
            BinaryPrimitives.WriteUInt16BigEndian(tuple[32..], Ipv6[i].SourcePort);
            BinaryPrimitives.WriteUInt16BigEndian(tuple[34..], Ipv6[i].DestinationPort);
        }
        return bytes;
    }
}
