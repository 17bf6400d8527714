namespace OpenNetVM.Core.LoadBalancing;

/// <summary>
/// Rendezvous hashing (highest random weight): when an instance goes, exactly its flows move, and when one comes, exactly those
/// that it takes over. Safe to use from any thread.
/// </summary>
/// <remarks>
/// <para>Source: D. Thaler and C. Ravishankar, "Using Name-Based Mappings to Increase Hit Rates", 1998. For every slot each instance
/// draws a number that depends on the slot and its id only; the highest wins. Weights by the logarithmic method (C. Schindelhauer
/// and G. Schomaker, "Weighted Distributed Hash Tables", 2005): the draw u, uniform in (0, 1), counts as weight / -ln(u).</para>
/// <para>The shares are those of a fair draw: with s slots for each instance on average, they scatter by 1 / sqrt(s), more than
/// <see cref="Maglev"/>'s.</para>
/// <para>A table from nothing takes slots times instances draws. The policy remembers the table that it made last (8 bytes a slot
/// and 8 an instance), and if the next set of instances is much the same, only the newcomers draw, and all for the slots of those
/// that went: about one draw a slot for each of them. The result is the same. So give services with hundreds of instances a
/// policy object each.</para>
/// </remarks>
public sealed class Rendezvous : ILoadBalancer
{
    private const uint Purpose = 3;

    private readonly int _slots;

    // Immutable once published; two threads that build at the same time merely forget one of two tables.
    private volatile Built? _last;

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
        Candidate[] candidates = new Candidate[instances.Length];
        for (int i = 0; i < candidates.Length; i++)
            candidates[i] = new Candidate(instances[i], i, InstanceHash.Of(instances[i].Id, Purpose));
        Built? last = _last;
        Built built = last is not null && Difference.Between(last.Candidates, candidates) is { } difference
            ? BuildFrom(last, candidates, difference)
            : Build(candidates);
        _last = built;
        return Array.ConvertAll(built.Winners, winner => winner.Index);
    }

    private Built Build(Candidate[] candidates)
    {
        Winner[] winners = new Winner[_slots];
        for (int slot = 0; slot < winners.Length; slot++)
            winners[slot] = Winner.Of(InstanceHash.OfSlot(slot), candidates);
        return new Built(candidates, winners);
    }

    private Built BuildFrom(Built last, Candidate[] candidates, Difference difference)
    {
        Winner[] winners = new Winner[_slots];
        for (int slot = 0; slot < winners.Length; slot++)
        {
            Winner winner = last.Winners[slot];
            int index = difference.NewIndexes[winner.Index];
            ulong slotSeed = InstanceHash.OfSlot(slot);
            winners[slot] = index < 0
                ? Winner.Of(slotSeed, candidates)
                : Winner.Of(slotSeed, difference.Newcomers, new Winner(index, winner.Score));
        }

        return new Built(candidates, winners);
    }

    /// <summary>An instance with its position in the list and its own pseudo-random number.</summary>
    private readonly record struct Candidate(BalancedInstance Instance, int Index, ulong Seed);

    private sealed record Built(Candidate[] Candidates, Winner[] Winners);

    /// <summary>The best of a slot so far.</summary>
    private readonly record struct Winner(int Index, double Score)
    {
        public static Winner Of(ulong slotSeed, Candidate[] candidates) => Of(slotSeed, candidates, new Winner(-1, 0));

        public static Winner Of(ulong slotSeed, Candidate[] candidates, Winner best)
        {
            (int winner, double highest) = best;
            foreach (ref readonly Candidate candidate in candidates.AsSpan())
            {
                // 1 - u, in steps of 2^-52, never 0 and never 1; as uniform as u, and keeps its digits where u is next to 1: where winners are.
                double complement = ((InstanceHash.Mix(slotSeed ^ candidate.Seed) >> 12) + 0.5) * (1.0 / (1UL << 52));
                int weight = candidate.Instance.Weight;
                // -ln(u) >= 1 - u, so that weight / (1 - u) is never less than the score: nearly every candidate is out without a logarithm.
                if (weight < highest * complement)
                    continue;
                double score = weight / MinusLogOfOneLess(complement);
                // Of equal scores that of the lower id counts, in whatever order they come.
                if (score > highest || (score == highest && candidate.Index < winner))
                {
                    highest = score;
                    winner = candidate.Index;
                }
            }

            return new Winner(winner, highest);
        }

        /// <summary>-ln(1 - x), exact to the last digits for small x too, where 1 - x has lost most of them (W. Kahan's correction).</summary>
        private static double MinusLogOfOneLess(double x)
        {
            double rounded = 1 - x;
            return rounded == 1 ? x : -Math.Log(rounded) * (x / (1 - rounded));
        }
    }

    /// <summary>From one set of candidates to another.</summary>
    /// <param name="NewIndexes">For each old candidate its index in the new set; -1 if it is gone or has another weight.</param>
    /// <param name="Newcomers">The new candidates that were not there before, or with another weight.</param>
    private sealed record Difference(int[] NewIndexes, Candidate[] Newcomers)
    {
        /// <summary>Null if the sets differ by so much that beginning anew is no slower.</summary>
        public static Difference? Between(Candidate[] before, Candidate[] after)
        {
            int[] newIndexes = new int[before.Length];
            List<Candidate> newcomers = [];
            int gone = 0;
            int next = 0;
            for (int old = 0; old < before.Length; old++)
            {
                // Both are in the order of their ids.
                while (next < after.Length && after[next].Instance.Id < before[old].Instance.Id)
                    newcomers.Add(after[next++]);
                bool same = next < after.Length && after[next].Instance == before[old].Instance;
                newIndexes[old] = same ? next++ : -1;
                gone += same ? 0 : 1;
            }

            newcomers.AddRange(after.AsSpan(next));
            return newcomers.Count + gone <= after.Length / 2 ? new Difference(newIndexes, [.. newcomers]) : null;
        }
    }
}
