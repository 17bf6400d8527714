using System.Buffers.Binary;
using System.Security.Cryptography;
using OpenNetVM.Core.LoadBalancing;
using OpenNetVM.Core.Services;

namespace OpenNetVM.Tests.LoadBalancing;

/// <summary>What the load balancer tests have in common.</summary>
internal static class Balancing
{
    /// <summary>All values that a symmetric RSS hash can have: the halves are equal.</summary>
    public static IEnumerable<uint> SymmetricHashes => Enumerable.Range(0, 65_536).Select(half => (uint)half << 16 | (uint)half);

    /// <summary>Instances with scattered ids and equal weights.</summary>
    public static BalancedInstance[] Instances(int count) =>
        [.. Enumerable.Range(1, count).Select(i => new BalancedInstance(new InstanceId((ushort)(count <= 5_000 ? i * 13 : i))))];

    public static BalancedInstance[] Without(BalancedInstance[] instances, int index) => [.. instances[..index], .. instances[(index + 1)..]];

    /// <summary>The number of slots of each instance.</summary>
    public static int[] SlotCounts(int[] table, int instances)
    {
        int[] counts = new int[instances];
        foreach (int index in table)
            counts[index]++;
        return counts;
    }

    /// <summary>The number of symmetric RSS hashes that choose each instance.</summary>
    public static int[] SymmetricLoads(ILoadBalancer policy, BalancedInstance[] instances)
    {
        BalancerTable table = BalancerTable.Create(policy, instances);
        int[] loads = new int[instances.Length];
        for (uint half = 0; half < 65_536; half++)
            loads[table.Select(half << 16 | half)]++;
        return loads;
    }

    /// <summary>How many of all 2^32 hashes choose each instance: counted exactly, not sampled.</summary>
    public static long[] FullLoads(int[] table, int instances)
    {
        long[] loads = new long[instances];
        long each = (1L << 32) / table.Length;
        long rest = (1L << 32) % table.Length;
        for (int slot = 0; slot < table.Length; slot++)
            loads[table[slot]] += each + (slot < rest ? 1 : 0);
        return loads;
    }

    /// <summary>The instance of each slot.</summary>
    public static InstanceId[] Owners(int[] table, BalancedInstance[] instances) => [.. table.Select(index => instances[index].Id)];

    /// <summary>Of all symmetric hashes, the number that choose another instance when the set changes.</summary>
    public static int MovedHashes(ILoadBalancer policy, BalancedInstance[] before, BalancedInstance[] after)
    {
        BalancerTable tableBefore = BalancerTable.Create(policy, before);
        BalancerTable tableAfter = BalancerTable.Create(policy, after);
        return SymmetricHashes.Count(hash => before[tableBefore.Select(hash)].Id != after[tableAfter.Select(hash)].Id);
    }

    /// <summary>A few characters that change when the table does.</summary>
    public static string Digest(int[] table)
    {
        byte[] bytes = new byte[table.Length * sizeof(int)];
        for (int i = 0; i < table.Length; i++)
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(i * sizeof(int)), table[i]);
        return Convert.ToHexString(SHA256.HashData(bytes))[..16];
    }
}
