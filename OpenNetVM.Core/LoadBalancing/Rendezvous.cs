namespace OpenNetVM.Core.LoadBalancing;

/// <summary>
/// Rendezvous hashing (highest random weight): when an instance goes, exactly its flows move, and when one comes, exactly those
/// that it takes over. Immutable, safe to use from any thread.
/// </summary>
/// <remarks>
/// <para>Source: D. Thaler and C. Ravishankar, "Using Name-Based Mappings to Increase Hit Rates", 1998. For every slot each instance
/// draws a number that depends on the slot and its id only; the highest wins. Weights by the logarithmic method (C. Schindelhauer
/// and G. Schomaker, "Weighted Distributed Hash Tables", 2005): the draw u, uniform in (0, 1), counts as weight / -ln(u).</para>
/// <para>The shares are those of a fair draw: with s slots for each instance on average, they scatter by 1 / sqrt(s), more than
/// <see cref="Maglev"/>'s. The time to build a table is proportional to slots times instances: about 2 ns each.</para>
/// </remarks>
public sealed class Rendezvous : ILoadBalancer
{
    private const uint Purpose = 3;

    private readonly int _slots;

    /// <summary>Makes the policy with 65,521 slots.</summary>
    public Rendezvous()
        : this(TableSize.Default)
    {
    }

    /// <summary>Makes the policy with a number of slots.</summary>
    /// <param name="slots">A prime from 251 to <see cref="ILoadBalancer.MaxSlots"/>, other than 65,537, and not less than the number of instances will ever be. Few slots make uneven shares.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number is out of range or not such a prime; the message names the next one.</exception>
    public Rendezvous(int slots) => _slots = TableSize.Checked(slots, nameof(slots));

    /// <inheritdoc/>
    public string Name => "rendezvous";

    /// <summary>The number of slots of its tables.</summary>
    public int Slots => _slots;

    /// <inheritdoc/>
    public int[] BuildTable(ReadOnlySpan<BalancedInstance> instances)
    {
        BalancedInstance.ThrowIfUnusable(instances);
        TableSize.ThrowIfTooSmall(_slots, instances);
        ulong[] seeds = new ulong[instances.Length];
        for (int i = 0; i < seeds.Length; i++)
            seeds[i] = InstanceHash.Of(instances[i].Id, Purpose);
        int[] table = new int[_slots];
        for (int slot = 0; slot < table.Length; slot++)
            table[slot] = Winner(InstanceHash.OfSlot(slot), seeds, instances);
        return table;
    }

    private static int Winner(ulong slotSeed, ulong[] seeds, ReadOnlySpan<BalancedInstance> instances)
    {
        int winner = 0;
        double best = 0;
        for (int i = 0; i < seeds.Length; i++)
        {
            // 1 - u, in steps of 2^-52, never 0 and never 1; as uniform as u, and keeps its digits where u is next to 1: where winners are.
            double complement = ((InstanceHash.Mix(slotSeed ^ seeds[i]) >> 12) + 0.5) * (1.0 / (1UL << 52));
            // -ln(u) >= 1 - u, so that weight / (1 - u) is never less than the score: nearly every instance is out without a logarithm.
            if (instances[i].Weight <= best * complement)
                continue;
            double score = instances[i].Weight / MinusLogOfOneLess(complement);
            // Of equal scores the first counts, that of the lower id.
            if (score > best)
            {
                best = score;
                winner = i;
            }
        }

        return winner;
    }

    /// <summary>-ln(1 - x), exact to the last digits for small x too, where 1 - x has lost most of them (W. Kahan's correction).</summary>
    private static double MinusLogOfOneLess(double x)
    {
        double rounded = 1 - x;
        return rounded == 1 ? x : -Math.Log(rounded) * (x / (1 - rounded));
    }
}
