using OpenNetVM.Core.NetworkFunctions;
using OpenNetVM.Core.Packets;
using OpenNetVM.FlowTable;

namespace OpenNetVM.Samples.Isolation;

/// <summary>
/// Holds every IPv4 flow to a rate of its own and drops what is above it, by the virtual scheduling algorithm (ITU-T I.371, annex A): of a flow it keeps nothing but when its next packet is due.
/// </summary>
/// <param name="packetsPerSecond">The rate of each flow.</param>
/// <param name="burst">Packets that a flow which was silent may send at once.</param>
public sealed class FlowPolicer(int packetsPerSecond, int burst) : NetworkFunction
{
    // A flow that is forgotten may send a burst again, so the one that was silent for longest makes room.
    private readonly CuckooFlowTable<Ipv4FlowKey, long> _due = new(65_536, new FlowTableOptions { WhenFull = TableFullPolicy.EvictOldest });
    private long _second;
    private long _interval;
    private long _tolerance;

    /// <inheritdoc/>
    protected override void OnStart()
    {
        _second = Context.Time.TimestampFrequency;
        _interval = _second / packetsPerSecond;
        _tolerance = _interval * (burst - 1);
    }

    /// <inheritdoc/>
    protected override void Process(Packet packet)
    {
        if (!packet.TryGetFlowKey(out Ipv4FlowKey flow))
            return;
        long now = Context.Now;
        ref long due = ref _due.GetOrAdd(packet.RssHash, flow, out _, now: (uint)(now / _second));
        if (now < due - _tolerance)
            packet.Drop();
        else
            due = Math.Max(now, due) + _interval;
    }

    /// <inheritdoc/>
    protected override void OnStop() => _due.Dispose();
}
