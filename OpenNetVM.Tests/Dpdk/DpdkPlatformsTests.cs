using OpenNetVM.Core.Chains;
using OpenNetVM.Core.Diagnostics;
using OpenNetVM.Core.Management;
using OpenNetVM.Core.Ports;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.Dpdk;

/// <summary>Several platforms of one process, which share its one DPDK.</summary>
public class DpdkPlatformsTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task Two_platforms_move_their_own_packets_and_one_goes_on_when_the_other_ends()
    {
        DpdkEal.Get();
        await using Platform first = new(20_000);
        await using Platform second = new(30_000);
        first.Manager.Start();
        second.Manager.Start();
        await first.EndAsync();

        // Its devices are gone, and the memory that their buffers were in with it.
        await first.DisposeAsync();
        await using Platform third = new(10_000);
        third.Manager.Start();
        await second.EndAsync();
        await third.EndAsync();
    }

    /// <summary>A generator's packets, through a device that gives back what it gets, into nothing.</summary>
    private sealed class Platform : IAsyncDisposable
    {
        private readonly int _packets;
        private readonly NullPort _sink = new(new NullPortOptions { Name = "sink" });

        public Platform(int packets)
        {
            _packets = packets;
            NfManagerBuilder builder = new();
            PortId generator = builder.AddPort(new GeneratorPort(new GeneratorPortOptions { PacketCount = packets }));
            PortId ring = builder.AddPort(DpdkEal.Open("net_ring"));
            PortId sink = builder.AddPort(_sink);
            builder.DefaultChain = ServiceChain.Drop;
            builder.SetDefaultChain(generator, ServiceChain.To(ring));
            builder.SetDefaultChain(ring, ServiceChain.To(sink));
            Manager = builder.Build();
        }

        public NfManager Manager { get; }

        public async Task EndAsync()
        {
            Assert.True(SpinWait.SpinUntil(() => _sink.GetStatistics().TransmittedPackets + Manager.GetStatistics().Dropped >= _packets, Limit), Manager.GetStatistics().ConservationLine);
            await Manager.StopAsync();
            PlatformStatistics statistics = Manager.GetStatistics();
            Assert.True(statistics.Unaccounted == 0, statistics.ConservationLine);
            Assert.Equal(_packets, _sink.GetStatistics().TransmittedPackets + statistics.Dropped);
            Assert.InRange(_sink.GetStatistics().TransmittedPackets, 1, _packets);
            Assert.Equal((0, 0), (Manager.Pool.InUse, Manager.Pool.LentToDevices));
        }

        public ValueTask DisposeAsync() => Manager.DisposeAsync();
    }
}
