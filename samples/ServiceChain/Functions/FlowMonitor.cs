using OpenNetVM.Core.NetworkFunctions;
using OpenNetVM.Core.Packets;
using OpenNetVM.FlowTable;

namespace OpenNetVM.Samples.Functions;

/// <summary>
/// Counts packets and bytes of every flow, both directions together. Has several instances: the load balancer keeps a flow, with its answers, at
/// one of them, so that each has a table of its own and none needs a lock.
/// </summary>
internal sealed class FlowMonitor(MonitorReport report) : NetworkFunction
{
    // One table for both families: IPv4 addresses in the form that IPv6 has for them, ::ffff:a.b.c.d (RFC 4291, section 2.5.5.2).
    private const ulong Mapped = 0xFFFF_0000_0000;

    private readonly CuckooFlowTable<Ipv6FlowKey, FlowCount> _flows = new(65_536);
    private long _notCounted;

    protected override void Process(Packet packet)
    {
        if (!TryGetKey(packet, out Ipv6FlowKey key))
            return;
        ref FlowCount count = ref _flows.GetOrAdd(packet.RssHash, key.Canonical(), out AddResult result);
        if (result == AddResult.Full)
            _notCounted++;
        count.Packets++;
        count.Bytes += packet.Length;
    }

    protected override void OnStop()
    {
        report.Add(_flows.Select(static entry => (entry.Key, entry.Value)), _notCounted);
        _flows.Dispose();
    }

    /// <summary>The IPv4 key that an IPv6 key stands for.</summary>
    /// <returns>False if it is one of an IPv6 flow.</returns>
    public static bool TryUnmap(Ipv6FlowKey key, out Ipv4FlowKey ipv4)
    {
        ipv4 = new Ipv4FlowKey((uint)key.SourceLow, (uint)key.DestinationLow, key.SourcePort, key.DestinationPort, key.Protocol);
        return key.Source >> 32 == Mapped >> 32 && key.Destination >> 32 == Mapped >> 32;
    }

    private static bool TryGetKey(Packet packet, out Ipv6FlowKey key)
    {
        if (!packet.TryGetFlowKey(out Ipv4FlowKey ipv4))
            return packet.TryGetFlowKey(out key);
        key = new Ipv6FlowKey(0, Mapped | ipv4.Source, 0, Mapped | ipv4.Destination, ipv4.SourcePort, ipv4.DestinationPort, ipv4.Protocol);
        return true;
    }
}
