using OpenNetVM.OpenFlow.Messages;
using OpenNetVM.OpenFlow.Protocol;

namespace OpenNetVM.OpenFlow.Agent;

/// <summary>A group of the controller's. Changed under the agent's lock alone.</summary>
internal sealed class OpenFlowGroup
{
    private FlowCounters[] _bucketCounters = [];

    public OpenFlowGroup(GroupMod source, long now)
    {
        Id = source.Group;
        Created = now;
        Set(source);
    }

    public uint Id { get; }

    public long Created { get; }

    public GroupType Type { get; private set; }

    public ValueArray<Bucket> Buckets { get; private set; }

    /// <summary>The rules that send packets here.</summary>
    public HashSet<OpenFlowRule> Rules { get; } = [];

    public FlowCounters Counters { get; private set; }

    public ReadOnlySpan<FlowCounters> BucketCounters => _bucketCounters;

    public void Set(GroupMod source)
    {
        Type = source.GroupType;
        Buckets = source.Buckets;
        _bucketCounters = new FlowCounters[Buckets.Count];
    }

    /// <summary>Counts packets that went through a bucket; -1 is through all.</summary>
    public void Count(int bucket, FlowCounters more)
    {
        Counters += more;
        for (int i = 0; i < _bucketCounters.Length; i++)
        {
            if (bucket < 0 || bucket == i)
                _bucketCounters[i] += more;
        }
    }

    /// <summary>
    /// The bucket of a select group for a flow: each gets flows in proportion to its weight, and a flow keeps its bucket as long as that is there and no other is added
    /// before which it would rank (weighted rendezvous hashing). -1 where no bucket can be chosen.
    /// </summary>
    public int Select(uint flowHash)
    {
        int best = -1;
        double bestScore = double.NegativeInfinity;
        for (int i = 0; i < Buckets.Count; i++)
        {
            if (Buckets[i].Weight == 0)
                continue;
            // Uniform in (0, 1]; ln(u)/w is then the largest for bucket i in w of all cases.
            ulong high = Math.BigMul(((ulong)flowHash << 32) | (uint)(i + 1), 0x9E37_79B9_7F4A_7C15, out ulong low);
            ulong mixed = (high ^ low) * 0xBF58_476D_1CE4_E5B9;
            double uniform = ((mixed >> 11) + 1) * (1.0 / (1UL << 53));
            double score = Math.Log(uniform) / Buckets[i].Weight;
            if (score > bestScore)
                (best, bestScore) = (i, score);
        }

        return best;
    }
}
