using System.Runtime.CompilerServices;

namespace OpenNetVM.Core.LoadBalancing;

/// <summary>
/// The data path's side of a load balancer: <c>slots[hash % slots.Length]</c>. Immutable, safe to read from any thread.
/// </summary>
/// <remarks>
/// The remainder is exact and takes two multiplications instead of a division: D. Lemire, O. Kaser, N. Kurz, "Faster remainder by
/// direct computation", 2019. With c = ceil(2^64 / d), the low 64 bits of c * h are the fraction (h mod d) / d in 64-bit fixed
/// point; times d, the integer part is the remainder. Exact for all 32-bit h and d.
/// </remarks>
internal readonly struct BalancerTable
{
    // 16 bits each: a table of 65,521 slots stays within the second-level cache.
    private readonly ushort[] _slots;
    private readonly ulong _inverse;

    private BalancerTable(ushort[] slots)
    {
        _slots = slots;
        _inverse = Inverse((uint)slots.Length);
    }

    /// <summary>True for a table that was not made by <see cref="Create"/>: nothing can be selected from it.</summary>
    public bool IsEmpty => _slots is null;

    /// <summary>Number of slots.</summary>
    public int Length => _slots.Length;

    /// <summary>Asks a policy for a table and checks what it gives: a policy may be the user's.</summary>
    /// <exception cref="InvalidOperationException">The policy's table breaks its contract.</exception>
    public static BalancerTable Create(ILoadBalancer policy, ReadOnlySpan<BalancedInstance> instances)
    {
        int[] indexes = policy.BuildTable(instances)
            ?? throw new InvalidOperationException($"Load balancer '{policy.Name}' gave no table for {instances.Length} instances.");
        if (indexes.Length is 0 or > ILoadBalancer.MaxSlots)
            throw new InvalidOperationException($"Load balancer '{policy.Name}' gave a table of {indexes.Length} slots; 1 to {ILoadBalancer.MaxSlots} are possible.");
        if (indexes.Length % TableSize.HalvesFactor == 0)
            throw new InvalidOperationException($"Load balancer '{policy.Name}' gave a table of {indexes.Length} slots, a multiple of {TableSize.HalvesFactor}: symmetric RSS hashes are multiples of it too, and all flows would use slot 0. Any other size does.");
        ushort[] slots = new ushort[indexes.Length];
        for (int slot = 0; slot < slots.Length; slot++)
        {
            int index = indexes[slot];
            if ((uint)index >= (uint)instances.Length)
                throw new InvalidOperationException($"Load balancer '{policy.Name}' put instance index {index} into slot {slot}, but there are {instances.Length} instances (0 to {instances.Length - 1}).");
            slots[slot] = (ushort)index;
        }

        return new BalancerTable(slots);
    }

    /// <summary>The index of the instance for a packet with this RSS hash.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Select(uint hash)
    {
        ushort[] slots = _slots;
        return slots[Remainder(hash, (uint)slots.Length, _inverse)];
    }

    /// <summary>hash % length, given the length's <see cref="Inverse"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static uint Remainder(uint hash, uint length, ulong inverse) => (uint)Math.BigMul(inverse * hash, length, out _);

    /// <summary>2^64 / length, rounded up; for 1 this wraps to 0, which gives the right remainder too.</summary>
    internal static ulong Inverse(uint length) => ulong.MaxValue / length + 1;
}
