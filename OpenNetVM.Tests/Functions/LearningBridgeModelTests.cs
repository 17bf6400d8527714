using System.Buffers.Binary;
using FsCheck.Xunit;
using OpenNetVM.Functions;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.Functions;

/// <summary>The bridge beside the plainest bridge there is, under random traffic, and under frames that are no frames.</summary>
public class LearningBridgeModelTests
{
    private const int Ports = 4;

    private static FunctionBench Bench(out LearningBridge bridge, bool systemClock = false)
    {
        LearningBridge made = new(new LearningBridgeOptions { Ports = FunctionBench.Ids(Ports), Capacity = 64 });
        bridge = made;
        return new FunctionBench(Ports, () => made, systemClock: systemClock);
    }

    // Stations 0 to 15, of which 15 is a group; the number makes every frame another.
    private static byte[] Frame(int from, int to, int number)
    {
        byte[] frame = new byte[64];
        frame[0] = (byte)(to == 15 ? 1 : 2);
        frame[5] = (byte)to;
        frame[6] = 2;
        frame[11] = (byte)from;
        frame[12] = 0x88;
        frame[13] = 0xB5;
        BinaryPrimitives.WriteInt32LittleEndian(frame.AsSpan(14), number);
        return frame;
    }

    [Property(MaxTest = 50)]
    public void Every_frame_goes_where_a_dictionary_of_stations_says_in_order_for_each_destination(byte[] traffic)
    {
        using FunctionBench bench = Bench(out _);
        Dictionary<int, int> portOf = [];
        List<(int To, int Number)>[] expected = [.. Enumerable.Range(0, Ports).Select(_ => new List<(int, int)>())];
        for (int i = 0; i + 1 < traffic.Length; i += 2)
        {
            int port = traffic[i] % Ports;
            int from = (traffic[i] >> 4) % 15;
            int to = traffic[i + 1] % 16;
            Assert.True(bench.Port(port).Send(Frame(from, to, i)));

            // Ports are polled in turn, so that only what comes by one port is in an order that the test knows.
            if (i + 2 >= traffic.Length || traffic[i + 2] % Ports != port)
                bench.Settle();
            portOf[from] = port;
            foreach (int other in to != 15 && portOf.TryGetValue(to, out int known) ? [known] : Enumerable.Range(0, Ports))
            {
                if (other != port)
                    expected[other].Add((to, i));
            }
        }

        bench.Settle();
        for (int port = 0; port < Ports; port++)
        {
            ILookup<int, int> left = bench.Take(port).ToLookup(frame => frame[5] % 16, frame => BinaryPrimitives.ReadInt32LittleEndian(frame.AsSpan(14)));
            ILookup<int, int> wanted = expected[port].ToLookup(frame => frame.To, frame => frame.Number);
            for (int to = 0; to < 16; to++)
                Assert.Equal(wanted[to], left[to]);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Whatever_bytes_come_every_frame_is_counted_once_and_none_comes_back(int seed)
    {
        using FunctionBench bench = Bench(out LearningBridge bridge);
        Random random = new(seed);
        int sent = 0;
        for (int round = 0; round < 100; round++)
        {
            int port = random.Next(Ports);
            for (int i = 0; i < 50; i++)
            {
                byte[] frame = new byte[random.Next(1, 100)];
                random.NextBytes(frame);
                if (random.Next(2) == 0 && frame.Length > 12)
                    frame.AsSpan(0, 12).Clear();
                if (frame.Length > 12)
                    frame[5] = (byte)random.Next(4);
                sent += bench.Port(port).Send(frame) ? 1 : 0;
            }

            bench.Settle();
            int[] left = bench.TakeCounts();
            Assert.Equal(0, left[port]);
        }

        LearningBridgeStatistics its = bridge.Statistics;
        Assert.Equal(sent, its.Forwarded + its.Flooded + its.Filtered + its.Reserved + its.Malformed + its.NotBridged);
        Assert.InRange(bridge.Stations, 1, 64);
        bench.Platform.AssertConserved();
    }

    [Fact]
    public void Forwarding_flooding_and_learning_allocate_nothing()
    {
        using FunctionBench bench = Bench(out LearningBridge bridge, systemClock: true);
        byte[][] frames = [.. Enumerable.Range(0, 16).Select(i => Frame(i % 15, (i * 7) % 16, i))];
        byte[] taken = new byte[2_048];
        int turn = 0;
        Allocations.AssertSettleAtNone(() =>
        {
            for (int i = 0; i < 200; i++)
            {
                for (int port = 0; port < Ports; port++)
                    bench.Port(port).Send(frames[turn++ % frames.Length]);
                bench.Settle();
                for (int port = 0; port < Ports; port++)
                {
                    while (bench.Port(port).TryReceive(taken, out _))
                    {
                    }
                }
            }
        });
        Assert.NotEqual(0, bridge.Statistics.Forwarded);
        Assert.NotEqual(0, bridge.Statistics.Flooded);
        Assert.NotEqual(0, bridge.Statistics.Moved);
    }
}
