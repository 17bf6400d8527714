using System.Buffers.Binary;
using System.Diagnostics;
using System.Security.Cryptography;

namespace OpenNetVM.OpenFlow.Agent;

/// <summary>
/// The rules of one table by tuple-space search: a subtable for each set of bits that rules look at, asked in the order of their highest priorities until none
/// that is left can hold a better rule. Not thread-safe: the agent's lock guards it.
/// </summary>
[DebuggerDisplay("Count = {Count}, Subtables = {SubtableCount}")]
internal sealed class RuleTable(int capacity)
{
    /// <summary>Each mask set costs every lookup a hash: a controller that uses more is told that the table is full.</summary>
    private const int MostSubtables = 1024;

    private readonly Dictionary<PacketFields, RuleSubtable> _byMask = [];
    private readonly List<RuleSubtable> _ordered = [];
    private readonly ulong _seed = BinaryPrimitives.ReadUInt64LittleEndian(RandomNumberGenerator.GetBytes(sizeof(ulong)));
    private bool _isOrdered = true;

    public int Capacity { get; } = capacity;

    public int Count { get; private set; }

    public int SubtableCount => _ordered.Count;

    /// <summary>Whether there is room for a rule that looks at these bits.</summary>
    public bool HasRoom(in PacketFields mask) => Count < Capacity && (_ordered.Count < MostSubtables || _byMask.ContainsKey(mask));

    /// <summary>The rule of the highest priority that matches; null where none does. Of several of one priority, any (OpenFlow 1.3.5, 5.3 leaves it open).</summary>
    public OpenFlowRule? Lookup(in PacketFields packet)
    {
        Order();
        OpenFlowRule? best = null;
        foreach (RuleSubtable subtable in _ordered)
        {
            if (best is not null && best.Priority >= subtable.HighestPriority)
                break;
            OpenFlowRule? found = subtable.Find(packet);
            if (found is not null && (best is null || found.Priority > best.Priority))
                best = found;
        }

        return best;
    }

    /// <summary>The rule with exactly this match and priority.</summary>
    public OpenFlowRule? Find(in PacketFields key, in PacketFields mask, ushort priority) =>
        _byMask.TryGetValue(mask, out RuleSubtable? subtable) ? subtable.Find(key, priority) : null;

    /// <summary>Adds a rule; there is none with its match and priority, and the table is not full.</summary>
    public void Add(OpenFlowRule rule)
    {
        if (!_byMask.TryGetValue(rule.Mask, out RuleSubtable? subtable))
        {
            subtable = new RuleSubtable(rule.Mask, _seed);
            _byMask.Add(rule.Mask, subtable);
            _ordered.Add(subtable);
            _isOrdered = false;
        }

        rule.Share(subtable.SharedMask);
        int highest = subtable.HighestPriority;
        subtable.Add(rule);
        _isOrdered &= highest == subtable.HighestPriority;
        Count++;
    }

    public void Remove(OpenFlowRule rule)
    {
        RuleSubtable subtable = _byMask[rule.Mask];
        int highest = subtable.HighestPriority;
        subtable.Remove(rule);
        rule.IsLive = false;
        Count--;
        if (subtable.Count == 0)
        {
            _byMask.Remove(rule.Mask);
            _ordered.Remove(subtable);
        }
        else
        {
            _isOrdered &= highest == subtable.HighestPriority;
        }
    }

    /// <summary>The rules that match only packets which the given match matches too (OpenFlow 1.3.5, 6.4: non-strict).</summary>
    public List<OpenFlowRule> Within(in PacketFields key, in PacketFields mask)
    {
        List<OpenFlowRule> found = [];
        foreach (RuleSubtable subtable in _ordered)
        {
            if (!subtable.Mask.Covers(mask))
                continue;
            if (subtable.Mask.Equals(mask))
            {
                AddList(found, subtable.First(key));
                continue;
            }

            foreach (OpenFlowRule head in subtable.Heads)
            {
                if (head.Key.Masked(mask).Equals(key))
                    AddList(found, head);
            }
        }

        return found;
    }

    /// <summary>Whether a rule of the priority matches some packet that the given match matches too.</summary>
    public bool Overlaps(in PacketFields key, in PacketFields mask, ushort priority)
    {
        foreach (RuleSubtable subtable in _ordered)
        {
            if (subtable.HighestPriority < priority)
                continue;
            PacketFields common = subtable.Mask.Masked(mask);
            PacketFields wanted = key.Masked(common);
            if (common.Equals(subtable.Mask))
            {
                if (subtable.Find(wanted, priority) is not null)
                    return true;
                continue;
            }

            foreach (OpenFlowRule head in subtable.Heads)
            {
                for (OpenFlowRule? rule = head; rule is not null && rule.Priority >= priority; rule = rule.NextOfKey)
                {
                    if (rule.Priority == priority && rule.Key.Masked(common).Equals(wanted))
                        return true;
                }
            }
        }

        return false;
    }

    private static void AddList(List<OpenFlowRule> found, OpenFlowRule? head)
    {
        for (OpenFlowRule? rule = head; rule is not null; rule = rule.NextOfKey)
            found.Add(rule);
    }

    private void Order()
    {
        if (_isOrdered)
            return;
        _ordered.Sort(static (left, right) => right.HighestPriority.CompareTo(left.HighestPriority));
        _isOrdered = true;
    }
}
