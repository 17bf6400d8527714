using System.Diagnostics;
using OpenNetVM.Core.Chains;
using OpenNetVM.FlowTable;

namespace OpenNetVM.Core.Flows;

/// <summary>
/// Which chain each flow follows: exact-match rules by five-tuple, found by the packet's RSS hash (paper, "flow director"). Safe from any
/// thread; packets are classified beside changes without locks. A changed rule holds for packets under way from their next hop on.
/// </summary>
[DebuggerDisplay("Count = {Count}")]
public sealed class FlowDirector : IDisposable
{
    // Some 8,000 rules.
    private const int BucketsAtOnce = 1024;

    private readonly Lock _gate = new();
    private readonly ChainTable _chains;
    private readonly TimeProvider _time;
    private readonly long _start;
    private readonly ITimer _sweeper;
    private int _version;
    private int _count;
    private bool _disposed;

    internal FlowDirector(ChainTable chains, FlowDirectorOptions options, TimeProvider time)
    {
        options.Validate();
        _chains = chains;
        _time = time;
        _start = time.GetTimestamp();
        FlowTableOptions tables = new() { Timeouts = true, Counters = options.Counters, WhenFull = options.WhenFull };
        Ipv4 = new CuckooFlowTable<Ipv4FlowKey, FlowTarget>(options.Ipv4Capacity, tables);
        Ipv6 = new CuckooFlowTable<Ipv6FlowKey, FlowTarget>(options.Ipv6Capacity, tables);
        _sweeper = time.CreateTimer(static director => ((FlowDirector)director!).Sweep(), this, options.SweepPeriod, options.SweepPeriod);
    }

    /// <summary>Called for each rule whose time is over, or that had to make room for another (<see cref="FlowDirectorOptions.WhenFull"/>), after it has gone: in the first case on a
    /// thread of the platform's that moves no packets, in the second on the thread that sets the other.</summary>
    public event Action<FlowRule>? Expired;

    /// <summary>Number of rules, IPv4 and IPv6 together.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Bytes of memory that the rules' tables take.</summary>
    public long MemoryBytes => Ipv4.MemoryBytes + Ipv6.MemoryBytes;

    /// <summary>Changes by one whenever rules are set, changed or removed.</summary>
    public int Version => Volatile.Read(ref _version);

    internal CuckooFlowTable<Ipv4FlowKey, FlowTarget> Ipv4 { get; }

    internal CuckooFlowTable<Ipv6FlowKey, FlowTarget> Ipv6 { get; }

    /// <summary>What packets carry of <see cref="Version"/>.</summary>
    internal ushort ShortVersion => (ushort)Volatile.Read(ref _version);

    /// <summary>Milliseconds since the director was made; wraps round after 49 days, which the tables allow for.</summary>
    internal uint Now => (uint)(long)_time.GetElapsedTime(_start).TotalMilliseconds;

    /// <summary>Sets the chain of an IPv4 flow, in this direction only.</summary>
    /// <returns>False if there is no room for another rule.</returns>
    /// <exception cref="KeyNotFoundException">There is no such chain.</exception>
    public bool TrySet(in Ipv4FlowKey flow, ChainId chain, FlowRuleOptions options = default) => TrySet(Ipv4, RssHash.Of(flow), flow, chain, options);

    /// <summary>Sets the chain of an IPv6 flow, in this direction only.</summary>
    /// <returns>False if there is no room for another rule.</returns>
    /// <exception cref="KeyNotFoundException">There is no such chain.</exception>
    public bool TrySet(in Ipv6FlowKey flow, ChainId chain, FlowRuleOptions options = default) => TrySet(Ipv6, RssHash.Of(flow), flow, chain, options);

    /// <summary>Removes the rule of a flow: its packets follow the default chain again.</summary>
    /// <returns>False if there was none.</returns>
    public bool Remove(in Ipv4FlowKey flow) => Remove(Ipv4, RssHash.Of(flow), flow, out _);

    /// <summary>Removes the rule of a flow: its packets follow the default chain again.</summary>
    /// <returns>False if there was none.</returns>
    public bool Remove(in Ipv6FlowKey flow) => Remove(Ipv6, RssHash.Of(flow), flow, out _);

    /// <summary>Removes the rule of a flow if it has the given tag: somebody else may have set another meanwhile.</summary>
    /// <returns>The rule as it was when it went; null if there was none with this tag.</returns>
    public FlowRule? Remove(in Ipv4FlowKey flow, uint tag) => Remove(Ipv4, RssHash.Of(flow), flow, tag);

    /// <summary>Removes the rule of a flow if it has the given tag: somebody else may have set another meanwhile.</summary>
    /// <returns>The rule as it was when it went; null if there was none with this tag.</returns>
    public FlowRule? Remove(in Ipv6FlowKey flow, uint tag) => Remove(Ipv6, RssHash.Of(flow), flow, tag);

    /// <summary>Finds the rule of a flow.</summary>
    /// <returns>False if there is none.</returns>
    public bool TryGet(in Ipv4FlowKey flow, out FlowRule? rule)
    {
        rule = Ipv4.TryGetEntry(RssHash.Of(flow), flow, out FlowEntry<Ipv4FlowKey, FlowTarget> entry) ? Describe(entry) : null;
        return rule is not null;
    }

    /// <summary>Finds the rule of a flow.</summary>
    /// <returns>False if there is none.</returns>
    public bool TryGet(in Ipv6FlowKey flow, out FlowRule? rule)
    {
        rule = Ipv6.TryGetEntry(RssHash.Of(flow), flow, out FlowEntry<Ipv6FlowKey, FlowTarget> entry) ? Describe(entry) : null;
        return rule is not null;
    }

    /// <summary>All rules, one after the other; rules that are set or removed meanwhile may or may not be among them.</summary>
    public IEnumerable<FlowRule> Rules()
    {
        foreach (FlowEntry<Ipv4FlowKey, FlowTarget> entry in Ipv4)
            yield return Describe(entry);
        foreach (FlowEntry<Ipv6FlowKey, FlowTarget> entry in Ipv6)
            yield return Describe(entry);
    }

    /// <summary>Removes all rules.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            Ipv4.Clear();
            Ipv6.Clear();
            Changed();
        }
    }

    /// <summary>Frees the memory; called by the platform when its workers have stopped.</summary>
    public void Dispose()
    {
        _sweeper.Dispose();
        lock (_gate)
        {
            _disposed = true;
            Ipv4.Dispose();
            Ipv6.Dispose();
        }
    }

    // The clock is read after the entry, and a packet may have been counted meanwhile: no less than no time.
    private TimeSpan IdleTime(uint lastUsed) => TimeSpan.FromMilliseconds(Math.Max(0, (int)(Now - lastUsed)));

    private static uint Milliseconds(TimeSpan timeout, string name)
    {
        if (timeout < TimeSpan.Zero || timeout.TotalMilliseconds > FlowTimeouts.Maximum)
            throw new ArgumentOutOfRangeException(name, timeout, $"A flow's {name} is {timeout}, but must be zero (never) to {TimeSpan.FromMilliseconds(FlowTimeouts.Maximum).TotalDays:0} days.");
        return timeout == TimeSpan.Zero ? 0 : Math.Max(1, (uint)timeout.TotalMilliseconds);
    }

    private bool TrySet<TKey>(CuckooFlowTable<TKey, FlowTarget> table, uint hash, in TKey flow, ChainId chain, FlowRuleOptions options)
        where TKey : unmanaged, IEquatable<TKey>
    {
        if (_chains.Current(chain) is null)
            throw new KeyNotFoundException($"There is no {chain} in this platform. Add it before setting flows to it.");
        FlowTimeouts timeouts = new(Milliseconds(options.IdleTimeout, nameof(options.IdleTimeout)), Milliseconds(options.HardTimeout, nameof(options.HardTimeout)));
        FlowRule? evicted = null;
        lock (_gate)
        {
            AddResult result = table.Set(hash, flow, new FlowTarget(chain, options.Tag), timeouts, Now, out FlowEntry<TKey, FlowTarget> old);
            if (result == AddResult.Full)
                return false;
            if (result == AddResult.Evicted && Expired is not null)
                evicted = Describe(old);
            Changed();
        }

        if (evicted is not null)
            Expired?.Invoke(evicted);
        return true;
    }

    private FlowRule Describe<TKey>(in FlowEntry<TKey, FlowTarget> entry)
        where TKey : unmanaged, IEquatable<TKey>
    {
        return new FlowRule
        {
            Ipv4 = entry.Key is Ipv4FlowKey ipv4 ? ipv4 : null,
            Ipv6 = entry.Key is Ipv6FlowKey ipv6 ? ipv6 : null,
            Chain = entry.Value.Chain,
            Tag = entry.Value.Tag,
            Packets = entry.Hits,
            Bytes = entry.Bytes,
            IdleTime = IdleTime(entry.LastUsed),
        };
    }

    private FlowRule? Remove<TKey>(CuckooFlowTable<TKey, FlowTarget> table, uint hash, in TKey flow, uint tag)
        where TKey : unmanaged, IEquatable<TKey>
    {
        lock (_gate)
        {
            return table.TryGetValue(hash, flow, out FlowTarget target) && target.Tag == tag && Remove(table, hash, flow, out FlowEntry<TKey, FlowTarget> entry)
                ? Describe(entry)
                : null;
        }
    }

    private bool Remove<TKey>(CuckooFlowTable<TKey, FlowTarget> table, uint hash, in TKey flow, out FlowEntry<TKey, FlowTarget> entry)
        where TKey : unmanaged, IEquatable<TKey>
    {
        lock (_gate)
        {
            if (!table.Remove(hash, flow, out entry))
                return false;
            Changed();
            return true;
        }
    }

    // Under the lock. The rule is in its table before the version tells of it: who sees the version finds the rule.
    private void Changed()
    {
        Volatile.Write(ref _count, Ipv4.Count + Ipv6.Count);
        Volatile.Write(ref _version, _version + 1);
    }

    private void Sweep()
    {
        Sweep(Ipv4);
        Sweep(Ipv6);
    }

    // A part at a time: whoever sets a rule meanwhile, a function's thread perhaps, waits for a part and not for the whole table.
    private void Sweep<TKey>(CuckooFlowTable<TKey, FlowTarget> table)
        where TKey : unmanaged, IEquatable<TKey>
    {
        List<FlowRule> expired = [];
        Action<FlowEntry<TKey, FlowTarget>, ExpiryReason> add = (entry, _) => expired.Add(Describe(entry));
        for (int left = table.BucketCount; left > 0; left -= BucketsAtOnce)
        {
            lock (_gate)
            {
                if (_disposed)
                    return;
                if (table.Sweep(Now, Math.Min(left, BucketsAtOnce), add) > 0)
                    Changed();
            }

            foreach (FlowRule rule in expired)
                Expired?.Invoke(rule);
            expired.Clear();
        }
    }
}
