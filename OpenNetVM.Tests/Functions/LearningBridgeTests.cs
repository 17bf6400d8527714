using OpenNetVM.Core.Diagnostics;
using OpenNetVM.Core.NetworkFunctions;
using OpenNetVM.Core.Packets;
using OpenNetVM.Core.Ports;
using OpenNetVM.Functions;
using OpenNetVM.Testing;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.Functions;

public class LearningBridgeTests
{
    private const string A = "02:00:00:00:00:0a";
    private const string B = "02:00:00:00:00:0b";
    private const string Everybody = "ff:ff:ff:ff:ff:ff";

    private static byte[] Frame(string from, string to, string text = "hello") => PacketBuilder.Ethernet(from, to).Payload(text).Build();

    private static FunctionBench Bench(out LearningBridge bridge, int ports = 4, int joined = 4, int capacity = 8_192, int poolCapacity = 8_192, Func<NetworkFunction>? before = null)
    {
        LearningBridge made = new(new LearningBridgeOptions { Ports = FunctionBench.Ids(joined), Capacity = capacity });
        bridge = made;
        return new FunctionBench(ports, () => made, before, poolCapacity);
    }

    [Theory]
    [InlineData(B)]
    [InlineData(Everybody)]
    [InlineData("01:00:5e:00:00:01")]
    public void A_frame_for_a_group_or_an_unknown_station_goes_to_all_ports_but_its_own(string destination)
    {
        using FunctionBench bench = Bench(out LearningBridge bridge);
        byte[] frame = Frame(A, destination);
        bench.Send(1, frame);
        foreach (int port in (int[])[0, 2, 3])
            FrameAssert.Equal(frame, Assert.Single(bench.Take(port)));
        Assert.Empty(bench.Take(1));
        Assert.Equal((1L, 2L), (bridge.Statistics.Flooded, bridge.Statistics.Copies));
    }

    [Fact]
    public void A_frame_for_a_station_that_was_heard_goes_to_its_port_alone()
    {
        using FunctionBench bench = Bench(out LearningBridge bridge);
        bench.Send(2, Frame(B, Everybody));
        bench.TakeCounts();
        byte[] frame = Frame(A, B);
        bench.Send(0, frame);
        FrameAssert.Equal(frame, Assert.Single(bench.Take(2)));
        Assert.Equal([0, 0, 0, 0], bench.TakeCounts());
        Assert.Equal((1L, 1L, 2), (bridge.Statistics.Forwarded, bridge.Statistics.Flooded, bridge.Stations));
    }

    [Fact]
    public void A_frame_for_a_station_at_the_port_that_it_came_from_goes_nowhere()
    {
        using FunctionBench bench = Bench(out LearningBridge bridge);
        bench.Send(2, Frame(B, Everybody), Frame(A, B), Frame(A, A));
        Assert.Equal([1, 1, 0, 1], bench.TakeCounts());
        Assert.Equal(2, bridge.Statistics.Filtered);
    }

    [Fact]
    public void A_station_that_moves_is_found_at_its_new_port()
    {
        using FunctionBench bench = Bench(out LearningBridge bridge);
        bench.Send(2, Frame(B, Everybody));
        bench.Send(3, Frame(B, Everybody));
        bench.TakeCounts();
        bench.Send(0, Frame(A, B));
        Assert.Equal([0, 0, 0, 1], bench.TakeCounts());
        Assert.Equal((1L, 2L, 2), (bridge.Statistics.Moved, bridge.Statistics.Learned, bridge.Stations));
    }

    [Fact]
    public void A_station_that_sends_nothing_for_the_ageing_time_is_forgotten_however_much_it_is_sent()
    {
        using FunctionBench bench = Bench(out LearningBridge bridge);
        bench.Send(2, Frame(B, Everybody));
        for (int i = 0; i < 29; i++)
        {
            bench.Pass(10);
            bench.TakeCounts();
            bench.Send(0, Frame(A, B));
            Assert.Equal([0, 0, 1, 0], bench.TakeCounts());
        }

        bench.Pass(12);
        bench.Send(0, Frame(A, B));
        Assert.Equal([0, 1, 1, 1], bench.TakeCounts());
        Assert.Equal((1L, 1), (bridge.Statistics.Aged, bridge.Stations));
    }

    [Fact]
    public void A_station_that_goes_on_sending_stays_known()
    {
        using FunctionBench bench = Bench(out LearningBridge bridge);
        for (int i = 0; i < 10; i++)
        {
            bench.Send(2, Frame(B, Everybody));
            bench.Pass(200);
        }

        Assert.Equal((0L, 1L, 1), (bridge.Statistics.Aged, bridge.Statistics.Learned, bridge.Stations));
    }

    [Fact]
    public void A_sender_of_many_addresses_fills_the_table_and_no_more_and_disturbs_no_station_that_is_known()
    {
        using FunctionBench bench = Bench(out LearningBridge bridge, capacity: 50);
        bench.Send(2, Frame(B, Everybody));
        for (int i = 0; i < 1_000; i++)
            bench.Send(3, Frame($"02:00:00:01:{i / 256:x2}:{i % 256:x2}", Everybody));
        bench.TakeCounts();
        Assert.Equal((50, 951L), (bridge.Stations, bridge.Statistics.NotLearned));
        bench.Send(0, Frame(A, B));
        Assert.Equal([0, 0, 1, 0], bench.TakeCounts());
    }

    [Theory]
    [InlineData("01:80:c2:00:00:00")]
    [InlineData("01:80:c2:00:00:01")]
    [InlineData("01:80:c2:00:00:0f")]
    public void Frames_for_the_bridge_group_addresses_are_not_forwarded(string destination)
    {
        using FunctionBench bench = Bench(out LearningBridge bridge);
        bench.Send(0, Frame(A, destination));
        Assert.Equal([0, 0, 0, 0], bench.TakeCounts());
        Assert.Equal(1, bridge.Statistics.Reserved);
    }

    [Fact]
    public void The_group_addresses_behind_the_bridges_own_are_forwarded()
    {
        using FunctionBench bench = Bench(out _);
        bench.Send(0, Frame(A, "01:80:c2:00:00:10"));
        Assert.Equal([0, 1, 1, 1], bench.TakeCounts());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(13)]
    public void A_frame_shorter_than_its_header_is_counted_and_dropped(int length)
    {
        using FunctionBench bench = Bench(out LearningBridge bridge);
        bench.Send(0, Frame(A, B)[..length]);
        Assert.Equal([0, 0, 0, 0], bench.TakeCounts());
        Assert.Equal(bench.Platform.Statistics.Received, bridge.Statistics.Malformed);
    }

    [Theory]
    [InlineData(Everybody)]
    [InlineData("01:00:5e:00:00:01")]
    [InlineData("00:00:00:00:00:00")]
    public void A_frame_from_nobody_is_dropped_and_teaches_nothing(string source)
    {
        using FunctionBench bench = Bench(out LearningBridge bridge);
        bench.Send(0, Frame(source, B));
        Assert.Equal([0, 0, 0, 0], bench.TakeCounts());
        Assert.Equal((1L, 0), (bridge.Statistics.Malformed, bridge.Stations));
    }

    [Fact]
    public void A_port_that_is_not_joined_neither_sends_nor_receives()
    {
        using FunctionBench bench = Bench(out LearningBridge bridge, ports: 5, joined: 3);
        bench.Send(3, Frame(A, Everybody));
        bench.Send(4, Frame(A, Everybody));
        bench.Send(0, Frame(B, Everybody));
        Assert.Equal([0, 1, 1, 0, 0], bench.TakeCounts());
        Assert.Equal((2L, 1), (bridge.Statistics.NotBridged, bridge.Stations));
    }

    [Fact]
    public void Without_buffers_for_copies_the_frame_itself_still_goes_on_and_the_loss_is_counted()
    {
        using FunctionBench bench = Bench(out LearningBridge bridge, poolCapacity: 64);
        bench.Send(0, Enumerable.Repeat(Frame(A, Everybody), 60));
        LearningBridgeStatistics statistics = bridge.Statistics;
        Assert.NotEqual(0, statistics.CopiesLost);
        Assert.Equal(2 * statistics.Flooded, statistics.Copies + statistics.CopiesLost);
        Assert.Equal(statistics.Flooded, bench.Take(3).Count);
        bench.Platform.AssertConserved();
    }

    [Fact]
    public void A_frame_that_a_function_created_goes_to_all_ports_and_teaches_nothing()
    {
        byte[] frame = Frame(A, Everybody);
        ScriptedFunction Creator() => new()
        {
            Starting = function => function.Context.Schedule(TimeSpan.Zero, () =>
            {
                Assert.True(function.Context.TryCreate(out HeldPacket created));
                Assert.True(function.Context.Open(ref created).TrySetData(frame));
                Assert.True(function.Context.TrySend(ref created, PacketAction.Next));
            }),
        };
        using FunctionBench bench = Bench(out LearningBridge bridge, before: Creator);
        bench.Settle();
        Assert.Equal([1, 1, 1, 1], bench.TakeCounts());
        Assert.Equal(0, bridge.Stations);
    }

    [Fact]
    public void Two_ports_are_enough()
    {
        using FunctionBench bench = Bench(out _, ports: 2, joined: 2);
        bench.Send(0, Frame(A, B));
        bench.Send(1, Frame(B, A));
        Assert.Equal([1, 1], bench.TakeCounts());
        Assert.Equal(0, bench.Platform.Dropped(DropReason.ByFunction));
    }

    public static TheoryData<LearningBridgeOptions, string> Refused => new()
    {
        { new() { Ports = [new PortId(1)] }, "has 1" },
        { new() { Ports = [new PortId(1), new PortId(1)] }, "twice" },
        { new() { Ports = [new PortId(1), PortId.None] }, "PortId.None" },
        { new() { Ports = [new PortId(1), new PortId(2)], Capacity = 0 }, "Capacity is 0" },
        { new() { Ports = [new PortId(1), new PortId(2)], AgeingTime = TimeSpan.FromMilliseconds(999) }, "AgeingTime" },
        { new() { Ports = [new PortId(1), new PortId(2)], AgeingTime = TimeSpan.FromDays(12) }, "AgeingTime" },
    };

    [Theory]
    [MemberData(nameof(Refused), DisableDiscoveryEnumeration = true)]
    public void Options_that_do_not_fit_are_refused_by_name(LearningBridgeOptions options, string part) =>
        Assert.Contains(part, Assert.ThrowsAny<ArgumentException>(() => new LearningBridge(options)).Message, StringComparison.Ordinal);
}
