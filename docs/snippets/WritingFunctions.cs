using Microsoft.Extensions.Time.Testing;
using OpenNetVM.Core.Chains;
using OpenNetVM.Core.Management;
using OpenNetVM.Core.NetworkFunctions;
using OpenNetVM.Core.Packets;
using OpenNetVM.Core.Ports;
using OpenNetVM.Core.Services;
using OpenNetVM.FlowTable;
using OpenNetVM.Testing;

namespace OpenNetVM.Docs.Snippets;

public class WritingFunctions
{
    // snippet: per-flow-state
    sealed class FlowQuota(int packets) : NetworkFunction
    {
        private readonly CuckooFlowTable<Ipv4FlowKey, int> _seen = new(capacity: 65_536);

        protected override void Process(Packet packet)
        {
            if (!packet.TryGetFlowKey(out Ipv4FlowKey flow))
                return;
            ref int seen = ref _seen.GetOrAdd(packet.RssHash, flow, out AddResult result);
            if (result == AddResult.Full || ++seen > packets)
                packet.Drop();
        }

        protected override void OnStop() => _seen.Dispose();
    }

    // end

    // snippet: batch
    sealed class HashSplitter(ServiceId even, ServiceId odd) : NetworkFunction
    {
        protected override void ProcessBatch(PacketBatch batch)
        {
            foreach (ref PacketDescriptor descriptor in batch.Descriptors)
            {
                descriptor.Action = PacketActionKind.ToService;
                descriptor.Destination = (descriptor.RssHash & 1) == 0 ? even.Value : odd.Value;
            }
        }
    }

    // end

    // snippet: timers-and-messages
    sealed class Beacon(PortId to, TimeSpan period) : NetworkFunction
    {
        private byte[] _frame = [];

        protected override void OnStart() => Context.Schedule(period, Send, period);

        protected override void OnMessage(in NfMessage message) => _frame = message.Body.ToArray();

        private void Send()
        {
            if (_frame.Length == 0 || !Context.TryCreate(out HeldPacket beacon))
                return;
            if (!Context.Open(ref beacon).TrySetData(_frame) || !Context.TrySend(ref beacon, PacketAction.ToPort(to)))
                Context.Drop(ref beacon);
        }
    }

    // end

    [Fact]
    public void A_quota_is_kept_per_flow()
    {
        using TestPlatform platform = TestPlatform.Of(() => new FlowQuota(2));
        byte[] first = PacketBuilder.Udp("10.0.0.1", 1, "10.0.0.2", 2).Build();
        byte[] second = PacketBuilder.Udp("10.0.0.3", 1, "10.0.0.2", 2).Build();
        CaptureAssert.Equal([first, first, second], platform.Run(first, first, first, second));
    }

    [Fact]
    public void A_burst_is_steered_by_its_descriptors()
    {
        using TestPlatform platform = TestPlatform.Create(builder =>
        {
            ServiceId even = builder.AddService("even", () => new FlowQuota(10));
            ServiceId odd = builder.AddService("odd", () => new FlowQuota(0));
            ServiceId splitter = builder.AddService("splitter", () => new HashSplitter(even, odd));
            builder.DefaultChain = ServiceChain.Through(splitter).To(new PortId(1));
        });
        byte[][] flows = [.. Enumerable.Range(0, 64).Select(i => PacketBuilder.Udp($"10.0.0.{i}", 1, "10.0.0.2", 2).Build())];
        int left = platform.Run(flows).Count;
        Assert.InRange(left, 1, 63);
        Assert.Equal(64 - left, platform.Dropped(Core.Diagnostics.DropReason.ByFunction));
    }

    [Fact]
    public void A_beacon_is_sent_by_a_timer()
    {
        // snippet: fake-time
        FakeTimeProvider time = new();
        using TestPlatform platform = TestPlatform.Create(builder =>
        {
            builder.Options = new NfManagerOptions { Time = time };
            ServiceId beacon = builder.AddService("beacon", () => new Beacon(new PortId(1), TimeSpan.FromSeconds(10)));
            builder.DefaultChain = ServiceChain.Through(beacon).ToDrop();
        });
        byte[] frame = PacketBuilder.Udp("10.0.0.1", 9, "10.0.0.255", 9).Build();
        platform.Manager.Post(platform.Manager.Services.Services[0].Id, kind: 1, frame);

        Assert.Empty(platform.Run());
        time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(frame, Assert.Single(platform.Run()));
        // end
    }
}
