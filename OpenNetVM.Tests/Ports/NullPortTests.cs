using OpenNetVM.Core.Packets;
using OpenNetVM.Core.Ports;

namespace OpenNetVM.Tests.Ports;

public class NullPortTests : PortContract
{
    protected override Oversize OversizeFrames => Oversize.RefusedAtStart;

    protected override IPort CreatePort(int receiveQueues, int transmitQueues) => new NullPort(new NullPortOptions
    {
        ReceiveQueues = receiveQueues,
        TransmitQueues = transmitQueues,
        Frame = GeneratorPort.CreateFrame(),
    });

    protected override IPort CreateOversizePort() => new NullPort(new NullPortOptions { Frame = new byte[101] });

    // Every queue supplies the one frame.
    private protected override void SpreadsByHash(PortHarness harness, int queues)
    {
        for (int queue = 0; queue < queues; queue++)
            Assert.Equal(HashOf(GeneratorPort.CreateFrame()), harness.ReceiveAll(queue, 10)[0].RssHash);
    }

    [Theory]
    [InlineData(14)]
    [InlineData(64)]
    [InlineData(1500)]
    public void The_frame_is_supplied_without_end(int length)
    {
        byte[] frame = [.. Enumerable.Range(3, length).Select(i => (byte)i)];
        using PortHarness harness = PortHarness.Started(new NullPort(new NullPortOptions { Frame = frame }));
        List<ReceivedFrame> frames = harness.ReceiveAll(most: 5_000);
        Assert.Equal(5_000, frames.Count);
        Assert.All(frames, received => Assert.Equal(frame, received.Data));
        Assert.Equal(PortState.Running, harness.Port.Status.State);
    }

    [Fact]
    public void A_packet_that_was_changed_does_not_come_back_changed()
    {
        byte[] frame = GeneratorPort.CreateFrame();
        using PortHarness harness = PortHarness.Started(new NullPort(new NullPortOptions { Frame = frame }), capacity: 8);
        for (int i = 0; i < 10; i++)
        {
            PacketDescriptor[] burst = harness.Receive(8);
            Assert.Equal(8, burst.Length);
            foreach (ref PacketDescriptor descriptor in burst.AsSpan())
            {
                Assert.Equal(frame, harness.Pool.Open(ref descriptor).Data);
                harness.Pool.Open(ref descriptor).Data.Fill(0xEE);
            }

            harness.Cache.Free(burst);
        }
    }

    [Fact]
    public void Without_a_frame_nothing_is_received()
    {
        using PortHarness harness = PortHarness.Started(new NullPort());
        Assert.Empty(harness.Receive());
        harness.Transmit(harness.Packets(10));
        Assert.Equal(10, harness.Port.GetStatistics().TransmittedPackets);
    }

    [Fact]
    public void Impossible_options_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new NullPort(new NullPortOptions { ReceiveQueues = -1 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new NullPort(new NullPortOptions { TransmitQueues = 1_025 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new NullPort(new NullPortOptions { Frame = new byte[65_536] }));
    }
}
