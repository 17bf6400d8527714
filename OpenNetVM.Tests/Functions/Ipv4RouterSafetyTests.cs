using OpenNetVM.Core.Headers;
using OpenNetVM.Functions;
using OpenNetVM.Testing;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.Functions;

/// <summary>Hostile frames, and what the router costs.</summary>
public class Ipv4RouterSafetyTests
{
    private static byte[][] Templates =>
    [
        RouterBench.From(0).Ipv4("10.0.0.9", "10.0.1.20").Udp(1, 2).Payload("x").Build(),
        RouterBench.From(0).Ipv4("10.0.0.9", "10.0.1.21", 1).Tcp(1, 2).Build(),
        RouterBench.From(0).Ipv4("10.0.0.9", "10.0.0.1").IcmpEcho().Payload("x").Build(),
        RouterBench.From(0).Ipv4("10.0.0.9", "10.0.1.1").Udp(1, 2).Build(),
        RouterBench.From(0).Ipv4("10.0.0.9", "192.0.2.1").Ipv4Options([148, 4, 0, 0]).Udp(1, 2).Build(),
        RouterBench.From(0).ArpRequest("10.0.0.9", "10.0.0.1").Build(),
        RouterBench.From(0).ArpReply("10.0.0.9", "10.0.0.1").Build(),
        PacketBuilder.Ethernet(RouterBench.StationMac(0, 9), MacAddress.Broadcast).ArpRequest("10.0.0.44", "10.0.0.1").Build(),
    ];

    private static byte[] Mutated(Random random)
    {
        byte[] frame = [.. Templates[random.Next(Templates.Length)]];
        for (int i = random.Next(4); i > 0; i--)
            frame[random.Next(random.Next(2) == 0 ? frame.Length : Math.Min(frame.Length, 42))] = (byte)random.Next(256);
        if (random.Next(4) == 0)
            frame = frame[..random.Next(1, frame.Length + 1)];

        // Most are to pass the first check, so that the later ones have something to do.
        if (frame.Length >= 34 && random.Next(4) != 0 && frame[12] == 8 && frame[13] == 0 && Ipv4Header.TryParse(frame.AsSpan(14), out Ipv4Header ip))
            ip.UpdateChecksum();
        return frame;
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Whatever_comes_every_packet_is_counted_once_and_none_is_lost(int seed)
    {
        using RouterBench bench = new(options => options with { NeighbourCapacity = 16, HeldPackets = 20, IcmpErrorsPerInterval = 10 });
        Random random = new(seed);
        int sent = 0;
        for (int round = 0; round < 400; round++)
        {
            int port = random.Next(10) == 0 ? random.Next(4) : 0;
            for (int i = 0; i < 25; i++)
            {
                byte[] frame = Mutated(random);
                if (random.Next(20) == 0)
                    random.NextBytes(frame);
                sent += bench.Bench.Port(port).Send(frame) ? 1 : 0;
            }

            bench.Bench.Settle();
            bench.Bench.TakeCounts();
            if (random.Next(5) == 0)
            {
                bench.AnswerArp(1, 20);
                sent++;
            }

            if (random.Next(3) == 0)
                bench.Bench.Pass(0.7);
        }

        Ipv4RouterStatistics its = bench.Statistics;
        Assert.Equal(sent, RouterBench.Total(its) + bench.Bench.Platform.Statistics.Held);
        Assert.All((long[])[its.Forwarded, its.EchoReplies, its.IcmpErrors, its.ArpReplies, its.ArpRead, its.Malformed, its.NotForRouter, its.NotRoutable, its.NotReported], count => Assert.NotEqual(0, count));
        bench.Bench.Platform.AssertConserved();
    }

    [Fact]
    public void Forwarding_answering_reporting_and_asking_allocate_nothing()
    {
        using RouterBench bench = new(options => options with { IcmpErrorsPerInterval = int.MaxValue }, systemClock: true);
        bench.Introduce(0);
        bench.Introduce(1, 20);
        byte[][] frames = Templates;
        byte[] answer = RouterBench.From(1, 21).ArpReply("10.0.1.21", "10.0.1.1").Build();
        byte[] announcement = PacketBuilder.Ethernet(RouterBench.StationMac(2, 254), MacAddress.Broadcast).ArpRequest("10.0.2.254", "10.0.2.1").Build();
        byte[] taken = new byte[2_048];
        Allocations.AssertSettleAtNone(() =>
        {
            for (int i = 0; i < 300; i++)
            {
                foreach (byte[] frame in frames)
                    bench.Bench.Port(0).Send(frame);
                bench.Bench.Settle();
                bench.Bench.Port(1).Send(answer);
                bench.Bench.Port(2).Send(announcement);
                bench.Bench.Settle();
                for (int port = 0; port < 3; port++)
                {
                    while (bench.Bench.Port(port).TryReceive(taken, out _))
                    {
                    }
                }
            }
        });
        Ipv4RouterStatistics its = bench.Statistics;
        Assert.All((long[])[its.Forwarded, its.EchoReplies, its.IcmpErrors, its.ArpReplies, its.ArpRequests], count => Assert.NotEqual(0, count));
    }
}
