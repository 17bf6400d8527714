namespace OpenNetVM.Core.LoadBalancing;

/// <summary>
/// Maglev hashing: shares even to one slot, and few flows move beyond those that must when instances come and go. Immutable,
/// safe to use from any thread.
/// </summary>
/// <remarks>
/// <para>Source: D. Eisenbud et al., "Maglev: A Fast and Reliable Software Network Load Balancer", NSDI 2016, 3.4. Every instance
/// has its own order of all slots, drawn from its id. The instances take turns; in its turn an instance takes the first slot of
/// its order that is still free, until none is.</para>
/// <para>Weights: an instance with twice the weight has twice the turns, evenly in between the others' (stride scheduling:
/// C. Waldspurger and W. Weihl, 1995).</para>
/// </remarks>
public sealed class Maglev : ILoadBalancer
{
    private const uint OffsetPurpose = 1;
    private const uint SkipPurpose = 2;

    // Strides are multiples of 1 / 2^40 of a turn: exact enough that rounding does not show in 2^24 turns of any weight.
    private const ulong Turn = 1UL << 40;

    private readonly int _slots;

    /// <summary>Makes the policy with 65,521 slots.</summary>
    public Maglev()
        : this(TableSize.Default)
    {
    }

    /// <summary>Makes the policy with a number of slots: a hundred times the number of instances gives shares even to 1 %.</summary>
    /// <param name="slots">A prime from 251 to <see cref="ILoadBalancer.MaxSlots"/>, other than 65,537, and not less than the number of instances will ever be. Small tables stay in faster caches.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number is out of range or not such a prime; the message names the next one.</exception>
    public Maglev(int slots) => _slots = TableSize.Checked(slots, nameof(slots));

    /// <inheritdoc/>
    public string Name => "maglev";

    /// <summary>The number of slots of its tables.</summary>
    public int Slots => _slots;

    /// <inheritdoc/>
    public int[] BuildTable(ReadOnlySpan<BalancedInstance> instances)
    {
        BalancedInstance.ThrowIfUnusable(instances);
        TableSize.ThrowIfTooSmall(_slots, instances);
        Preference[] preferences = new Preference[instances.Length];
        for (int i = 0; i < preferences.Length; i++)
            preferences[i] = new Preference(instances[i], _slots);

        int[] table = new int[_slots];
        Array.Fill(table, -1);
        if (AreWeightsEqual(instances))
        {
            for (int taken = 0, i = 0; taken < _slots; taken++)
            {
                Take(table, preferences, i);
                i = i + 1 == preferences.Length ? 0 : i + 1;
            }
        }
        else
        {
            FillByWeight(table, preferences, instances);
        }

        return table;
    }

    private static void FillByWeight(int[] table, Preference[] preferences, ReadOnlySpan<BalancedInstance> instances)
    {
        // Ordered by the time of the next turn; at the same time, the lower id goes first.
        PriorityQueue<int, (ulong Time, int Index)> turns = new(instances.Length);
        for (int i = 0; i < instances.Length; i++)
            turns.Enqueue(i, (Stride(instances[i]), i));
        for (int taken = 0; taken < table.Length; taken++)
        {
            turns.TryPeek(out int i, out (ulong Time, int Index) turn);
            Take(table, preferences, i);
            turns.DequeueEnqueue(i, (turn.Time + Stride(instances[i]), i));
        }
    }

    private static ulong Stride(BalancedInstance instance) => Turn / (uint)instance.Weight;

    private static void Take(int[] table, Preference[] preferences, int index)
    {
        ref Preference preference = ref preferences[index];
        while (table[preference.Slot] >= 0)
            preference.MoveOn(table.Length);
        table[preference.Slot] = index;
        preference.MoveOn(table.Length);
    }

    private static bool AreWeightsEqual(ReadOnlySpan<BalancedInstance> instances)
    {
        foreach (BalancedInstance instance in instances)
        {
            if (instance.Weight != instances[0].Weight)
                return false;
        }

        return true;
    }

    /// <summary>An instance's order of slots: offset, offset + skip, ... modulo the prime number of slots, which meets every slot once.</summary>
    private struct Preference(BalancedInstance instance, int slots)
    {
        private readonly int _skip = (int)(InstanceHash.Of(instance.Id, SkipPurpose) % (uint)(slots - 1)) + 1;

        public int Slot { get; private set; } = (int)(InstanceHash.Of(instance.Id, OffsetPurpose) % (uint)slots);

        public void MoveOn(int slots)
        {
            int next = Slot + _skip;
            Slot = next >= slots ? next - slots : next;
        }
    }
}
