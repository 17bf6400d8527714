namespace OpenNetVM.Core.LoadBalancing;

/// <summary>The sizes of tables of policies whose table does not grow with the number of instances.</summary>
/// <remarks>
/// The size is a prime, and fixed for the life of a policy: with another size nearly every flow would move.
/// The default is the largest prime below 65,536. A symmetric RSS hash has 16 bits of information, x, and equals 65,537 x; modulo
/// any prime but 65,537 itself (the size that Maglev's authors happen to use) that is x times a constant, so the 65,536 possible
/// hashes hit all slots equally often (to one hash), and full 32-bit hashes do as well.
/// </remarks>
internal static class TableSize
{
    public const int Default = 65_521;

    /// <summary>2^16 + 1: what every symmetric RSS hash is a multiple of.</summary>
    public const int HalvesFactor = 65_537;

    private const int Smallest = 251;

    /// <summary>Checks a size that a user chose.</summary>
    public static int Checked(int size, string parameter)
    {
        if (size is < Smallest or > ILoadBalancer.MaxSlots)
            throw new ArgumentOutOfRangeException(parameter, size, $"A table has {Smallest} to {ILoadBalancer.MaxSlots} slots.");
        if (!IsUsable(size))
            throw new ArgumentOutOfRangeException(parameter, size, $"The number of slots must be a prime other than {HalvesFactor} (symmetric RSS hashes are multiples of that); the next one is {Next(size)}.");
        return size;
    }

    /// <summary>Checks that there is a slot for every instance.</summary>
    public static void ThrowIfTooSmall(int size, ReadOnlySpan<BalancedInstance> instances)
    {
        if (instances.Length > size)
            throw new ArgumentException($"{instances.Length} instances do not fit a table of {size} slots; make the policy with more slots than instances.", nameof(instances));
    }

    private static int Next(int size)
    {
        while (!IsUsable(size))
            size++;
        // Above the last prime below the maximum there is none to name but that one.
        return size <= ILoadBalancer.MaxSlots ? size : 16_777_213;
    }

    private static bool IsUsable(int size)
    {
        if (size % 2 == 0 || size == HalvesFactor)
            return false;
        for (int divisor = 3; divisor * divisor <= size; divisor += 2)
        {
            if (size % divisor == 0)
                return false;
        }

        return true;
    }
}
