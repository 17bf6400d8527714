namespace OpenNetVM.OpenFlow.Agent;

/// <summary>The rules that look at the same bits: found by one hash of those bits.</summary>
internal sealed class RuleSubtable
{
    private readonly Dictionary<PacketFields, OpenFlowRule> _rules;
    private readonly SortedDictionary<int, int> _priorities = new(Comparer<int>.Create(static (left, right) => right.CompareTo(left)));

    public RuleSubtable(in PacketFields mask, ulong seed)
    {
        Mask = mask;
        SharedMask = new RuleMask(mask);
        _rules = new Dictionary<PacketFields, OpenFlowRule>(new MaskedComparer(mask, seed));
    }

    public PacketFields Mask { get; }

    /// <summary>The same, for its rules to keep.</summary>
    public RuleMask SharedMask { get; }

    /// <summary>The highest priority of a rule here; -1 where there is none.</summary>
    public int HighestPriority { get; private set; } = -1;

    public int Count { get; private set; }

    /// <summary>The rule of the highest priority that matches the packet.</summary>
    public OpenFlowRule? Find(in PacketFields packet) => _rules.GetValueOrDefault(packet.Masked(Mask));

    /// <summary>The rule with exactly this match and priority.</summary>
    public OpenFlowRule? Find(in PacketFields key, ushort priority)
    {
        OpenFlowRule? rule = _rules.GetValueOrDefault(key);
        while (rule is not null && rule.Priority > priority)
            rule = rule.NextOfKey;
        return rule?.Priority == priority ? rule : null;
    }

    /// <summary>All rules with exactly this match, by falling priority.</summary>
    public OpenFlowRule? First(in PacketFields key) => _rules.GetValueOrDefault(key);

    /// <summary>The heads of the lists of rules with one match each.</summary>
    public Dictionary<PacketFields, OpenFlowRule>.ValueCollection Heads => _rules.Values;

    /// <summary>Adds a rule; there is none with its match and priority.</summary>
    public void Add(OpenFlowRule rule)
    {
        OpenFlowRule? head = _rules.GetValueOrDefault(rule.Key);
        if (head is null || head.Priority < rule.Priority)
        {
            rule.NextOfKey = head;
            _rules[rule.Key] = rule;
        }
        else
        {
            while (head.NextOfKey is { } next && next.Priority > rule.Priority)
                head = next;
            rule.NextOfKey = head.NextOfKey;
            head.NextOfKey = rule;
        }

        Count++;
        _priorities[rule.Priority] = _priorities.GetValueOrDefault(rule.Priority) + 1;
        HighestPriority = Math.Max(HighestPriority, rule.Priority);
    }

    public void Remove(OpenFlowRule rule)
    {
        OpenFlowRule head = _rules[rule.Key];
        if (head == rule)
        {
            if (rule.NextOfKey is null)
                _rules.Remove(rule.Key);
            else
                _rules[rule.Key] = rule.NextOfKey;
        }
        else
        {
            while (head.NextOfKey != rule)
                head = head.NextOfKey!;
            head.NextOfKey = rule.NextOfKey;
        }

        // NextOfKey of the rule stays: whoever walks the list while removing still finds the next.
        Count--;
        if (--_priorities[rule.Priority] > 0)
            return;
        _priorities.Remove(rule.Priority);
        if (rule.Priority == HighestPriority)
        {
            HighestPriority = -1;
            foreach (int priority in _priorities.Keys)
            {
                HighestPriority = priority;
                break;
            }
        }
    }

    /// <summary>
    /// Hashes the words that the mask looks at, with a seed that a controller does not know: it chooses the keys, and could otherwise choose them so that all
    /// fall into one bucket.
    /// </summary>
    private sealed class MaskedComparer : IEqualityComparer<PacketFields>
    {
        private readonly int[] _words;
        private readonly ulong _seed;

        public MaskedComparer(in PacketFields mask, ulong seed)
        {
            List<int> words = [];
            for (int i = 0; i < PacketFields.Words; i++)
            {
                if (mask[i] != 0)
                    words.Add(i);
            }

            _words = [.. words];
            _seed = seed;
        }

        public bool Equals(PacketFields x, PacketFields y)
        {
            foreach (int word in _words)
            {
                if (x[word] != y[word])
                    return false;
            }

            return true;
        }

        public int GetHashCode(PacketFields obj)
        {
            ulong hash = _seed;
            foreach (int word in _words)
            {
                // Both halves of the 128-bit product: every bit of the word and of what came before reaches every bit of the hash.
                ulong high = Math.BigMul(hash ^ obj[word], 0x9E37_79B9_7F4A_7C15, out ulong low);
                hash = high ^ low ^ (_seed << 1);
            }

            return (int)(hash ^ (hash >> 32));
        }
    }
}
