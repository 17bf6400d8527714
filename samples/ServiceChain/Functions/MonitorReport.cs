using OpenNetVM.FlowTable;

namespace OpenNetVM.Samples.Functions;

/// <summary>What all instances of the monitor saw; each adds its part when it stops. Thread-safe.</summary>
internal sealed class MonitorReport
{
    private readonly Lock _gate = new();
    private readonly Dictionary<Ipv6FlowKey, FlowCount> _flows = [];

    /// <summary>Packets of flows for which an instance had no room.</summary>
    public long NotCounted { get; private set; }

    public int Flows
    {
        get
        {
            lock (_gate)
                return _flows.Count;
        }
    }

    public void Add(IEnumerable<(Ipv6FlowKey Key, FlowCount Count)> flows, long notCounted)
    {
        lock (_gate)
        {
            NotCounted += notCounted;
            foreach ((Ipv6FlowKey key, FlowCount count) in flows)
            {
                FlowCount before = _flows.GetValueOrDefault(key);
                _flows[key] = new FlowCount { Packets = before.Packets + count.Packets, Bytes = before.Bytes + count.Bytes };
            }
        }
    }

    /// <summary>The flows with the most bytes.</summary>
    public IReadOnlyList<(Ipv6FlowKey Key, FlowCount Count)> Largest(int count)
    {
        lock (_gate)
            return [.. _flows.OrderByDescending(static flow => flow.Value.Bytes).Take(count).Select(static flow => (flow.Key, flow.Value))];
    }
}
