using OpenNetVM.Core.Chains;
using OpenNetVM.Core.Flows;
using OpenNetVM.Core.LoadBalancing;
using OpenNetVM.Core.Management;
using OpenNetVM.Core.Memory;
using OpenNetVM.Core.NetworkFunctions;
using OpenNetVM.Core.Packets;
using OpenNetVM.Core.Ports;
using OpenNetVM.Core.Services;
using OpenNetVM.FlowTable;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.Dataplane;

public class AllocationTests
{
    private const int Packets = 10_000_000;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Ten_million_packets_through_a_chain_with_replicas_and_rules_allocate_nothing(bool fusedHops)
    {
        RepeatingPort port = new(Frames.Flows(64));
        NfManagerBuilder builder = new() { Options = new NfManagerOptions { HandDriven = true, Dataplane = new() { FusedHops = fusedHops } } };
        PortId id = builder.AddPort(port);
        ServiceId first = builder.AddService("first", () => new Reading());
        ServiceId second = builder.AddService("second", () => new Reading(), new ServiceOptions { Instances = 3 });
        ServiceId third = builder.AddService("third", () => new Reading(), new ServiceOptions { Instances = 2, PinFlows = true, LoadBalancer = new Maglev() });
        ServiceId holder = builder.AddService("holder", () => new HoldingAndCloning());
        builder.DefaultChain = ServiceChain.Through(first, second, holder).To(id);
        ChainId ruled = builder.AddChain(ServiceChain.Through(second, third).To(id));
        NfManager manager = builder.Build();
        manager.Start();
        foreach (byte[] frame in Frames.Flows(32))
        {
            Assert.Equal(FlowKeyKind.Ipv4, KindOf(frame, out Ipv4FlowKey key));
            Assert.True(manager.Director.TrySet(key, ruled));
        }

        // The first packets make lanes, fill caches and compile code.
        PollFor(manager, port, 200_000);
        Allocations.AssertSettleAtNone(() => PollFor(manager, port, (Packets / 3) + 1));
        Assert.Equal(0, manager.GetStatistics().Unaccounted);
        await manager.StopAsync();
        await manager.DisposeAsync();
    }

    [Fact]
    public async Task Ten_million_packets_from_a_port_without_a_hash_to_a_drop_allocate_nothing()
    {
        RepeatingPort port = new(Frames.Flows(64), providesHash: false);
        NfManagerBuilder builder = new() { Options = new NfManagerOptions { HandDriven = true }, DefaultChain = ServiceChain.Drop };
        builder.AddPort(port);
        NfManager manager = builder.Build();
        manager.Start();

        PollFor(manager, port, 200_000);
        Allocations.AssertSettleAtNone(() => PollFor(manager, port, (Packets / 3) + 1));
        await manager.DisposeAsync();
    }

    private static void PollFor(NfManager manager, RepeatingPort port, long packets)
    {
        long end = port.Received + packets;
        while (port.Received < end)
            manager.Poll();
    }

    private static FlowKeyKind KindOf(byte[] frame, out Ipv4FlowKey key) =>
        OpenNetVM.Core.Headers.FlowKeyReader.Read(frame, out key, out _, out _) == OpenNetVM.Core.Headers.FlowKeyStatus.Ipv4 ? FlowKeyKind.Ipv4 : FlowKeyKind.Other;

    private enum FlowKeyKind
    {
        Other,
        Ipv4,
    }

    private sealed class Reading : NetworkFunction
    {
        private long _bytes;

        protected override void Process(Packet packet)
        {
            if (packet.TryGetFlowKey(out Ipv4FlowKey key))
                _bytes += key.SourcePort + packet.Data[^1];
        }
    }

    private sealed class HoldingAndCloning : NetworkFunction
    {
        private HeldPacket _held;

        protected override void Process(Packet packet)
        {
            if (_held.IsHeld)
                Context.TrySend(ref _held, PacketAction.Next);
            if ((packet.RssHash & 3) == 0)
                _held = Context.Hold(packet);
            else if ((packet.RssHash & 3) == 1 && Context.TryClone(packet, out HeldPacket clone) && !Context.TrySend(ref clone, PacketAction.Drop))
                Context.Drop(ref clone);
        }
    }

    /// <summary>Supplies the same frames again and again, and swallows what it gets.</summary>
    private sealed class RepeatingPort(byte[][] frames, bool providesHash = true) : IPort
    {
        private readonly uint[] _hashes = [.. frames.Select(frame => RssHash.Of(frame))];
        private PortContext? _context;
        private int _next;
        private long _transmitted;

        public long Received { get; private set; }

        public PortInfo Info { get; } = new() { Name = "repeating", ProvidesRssHash = providesHash, CanWait = true };

        public PortStatus Status => new(_context is null ? PortState.Created : PortState.Running);

        public void Start(PortContext context) => _context = context;

        public int Receive(int queue, Span<PacketDescriptor> burst, PoolCache cache)
        {
            int count = cache.Allocate(burst);
            foreach (ref PacketDescriptor descriptor in burst[..count])
            {
                _next = (_next + 1) % frames.Length;
                Packet packet = _context!.Pool.Open(ref descriptor);
                packet.TrySetData(frames[_next]);
                packet.IngressPort = _context.Id;
                descriptor.RssHash = providesHash ? _hashes[_next] : 0;
            }

            Received += count;
            return count;
        }

        public int Transmit(int queue, ReadOnlySpan<PacketDescriptor> burst, PoolCache cache)
        {
            cache.Free(burst);
            _transmitted += burst.Length;
            return burst.Length;
        }

        public void Stop()
        {
        }

        public PortStatistics GetStatistics() => new() { ReceivedPackets = Received, TransmittedPackets = _transmitted };

        public void Dispose()
        {
        }
    }
}
