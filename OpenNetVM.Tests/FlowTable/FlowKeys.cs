using System.Buffers.Binary;
using OpenNetVM.FlowTable;

namespace OpenNetVM.Tests.FlowTable;

/// <summary>Random five-tuples, and their bytes as they stand in a packet.</summary>
internal static class FlowKeys
{
    /// <summary>A generator with a new seed each run; put the seed into failure messages.</summary>
    public static Random NewRandom(out int seed)
    {
        seed = Random.Shared.Next();
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        return new Random(seed);
    }

    public static Ipv4FlowKey Ipv4(Random random)
    {
        long bits = random.NextInt64();
        return new Ipv4FlowKey((uint)random.Next(), (uint)(bits >> 16), (ushort)bits, (ushort)random.Next(), (byte)(bits >> 50));
    }

    public static Ipv4FlowKey[] RandomIpv4(Random random, int count)
    {
        Ipv4FlowKey[] keys = new Ipv4FlowKey[count];
        for (int i = 0; i < count; i++)
            keys[i] = Ipv4(random);
        return keys;
    }

    public static Ipv6FlowKey[] RandomIpv6(Random random, int count)
    {
        Ipv6FlowKey[] keys = new Ipv6FlowKey[count];
        for (int i = 0; i < count; i++)
        {
            keys[i] = new Ipv6FlowKey(
                (ulong)random.NextInt64(long.MinValue, long.MaxValue), (ulong)random.NextInt64(long.MinValue, long.MaxValue),
                (ulong)random.NextInt64(long.MinValue, long.MaxValue), (ulong)random.NextInt64(long.MinValue, long.MaxValue),
                (ushort)random.Next(), (ushort)random.Next(), (byte)random.Next());
        }
        return keys;
    }

    public static byte[] WireOrder(in Ipv4FlowKey key)
    {
        byte[] bytes = new byte[12];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, key.Source);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(4), key.Destination);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(8), key.SourcePort);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(10), key.DestinationPort);
        return bytes;
    }

    public static byte[] WireOrder(in Ipv6FlowKey key)
    {
        byte[] bytes = new byte[36];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, key.Source);
        BinaryPrimitives.WriteUInt128BigEndian(bytes.AsSpan(16), key.Destination);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(32), key.SourcePort);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(34), key.DestinationPort);
        return bytes;
    }
}
