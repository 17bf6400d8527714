using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Microsoft.Extensions.Time.Testing;
using OpenNetVM.Core.Headers;
using OpenNetVM.Core.Packets;
using OpenNetVM.Core.Ports;
using OpenNetVM.FlowTable;

namespace OpenNetVM.Tests.Ports;

public class GeneratorPortTests : PortContract
{
    protected override Oversize OversizeFrames => Oversize.RefusedAtStart;

    protected override IPort CreatePort(int receiveQueues, int transmitQueues) => new GeneratorPort(new GeneratorPortOptions
    {
        ReceiveQueues = receiveQueues,
        TransmitQueues = transmitQueues,
        Sizes = FrameSizes.Uniform(74, 1518),
        Ipv6Share = 0.5,
        TcpShare = 0.5,
    });

    private static List<ReceivedFrame> Generate(GeneratorPortOptions options, int frames)
    {
        using PortHarness harness = PortHarness.Started(new GeneratorPort(options), bufferSize: 9_216, capacity: 256);
        return harness.ReceiveAll(most: frames);
    }

    private static (object Key, byte Protocol) KeyOf(byte[] frame) => FlowKeyReader.Read(frame, out Ipv4FlowKey ipv4, out Ipv6FlowKey ipv6, out PacketLayers layers) switch
    {
        FlowKeyStatus.Ipv4 => (ipv4, layers.Protocol),
        FlowKeyStatus.Ipv6 => (ipv6, layers.Protocol),
        FlowKeyStatus other => throw new InvalidOperationException($"generated frame: {other}"),
    };

    private static void AssertIsValid(byte[] frame)
    {
        FlowKeyReader.Parse(frame, out PacketLayers layers);
        Assert.Equal(frame.Length, layers.DatagramEnd);
        Span<byte> transport = layers.Transport(frame.AsSpan());
        if (layers.Status == FlowKeyStatus.Ipv4)
        {
            Assert.True(Ipv4Header.TryParse(layers.Network(frame.AsSpan()), out Ipv4Header ip));
            Assert.Equal(frame.Length - 14, ip.TotalLength);
            Assert.True(ip.IsChecksumValid);
            Assert.True(layers.Protocol == IpProtocols.Tcp
                ? TcpHeader.TryParse(transport, out TcpHeader tcp) && tcp.IsChecksumValid(ip)
                : UdpHeader.TryParse(transport, out UdpHeader udp) && udp.Length == transport.Length && udp.HasChecksum && udp.IsChecksumValid(ip));
        }
        else
        {
            Assert.True(Ipv6Header.TryParse(layers.Network(frame.AsSpan()), out Ipv6Header ip));
            Assert.Equal(frame.Length - 54, ip.PayloadLength);
            Assert.True(layers.Protocol == IpProtocols.Tcp
                ? TcpHeader.TryParse(transport, out TcpHeader tcp) && tcp.IsChecksumValid(ip)
                : UdpHeader.TryParse(transport, out UdpHeader udp) && udp.Length == transport.Length && udp.HasChecksum && udp.IsChecksumValid(ip));
        }

        byte[] payload = layers.Payload(frame.AsSpan()).ToArray();
        Assert.Equal(Enumerable.Range(0, payload.Length).Select(i => (byte)i), payload);
    }

    [Property(MaxTest = 60)]
    public Property Whatever_is_generated_is_valid_and_of_the_size_asked_for()
    {
        Arbitrary<(int Least, int Span, int Ipv6, int Tcp, int Flows, ulong Seed)> options =
            (from least in Gen.Choose(74, 2_000)
             from span in Gen.Frequency((1, Gen.Constant(0)), (2, Gen.Choose(1, 7_000)))
             from ipv6 in Gen.Choose(0, 4)
             from tcp in Gen.Choose(0, 4)
             from flows in Gen.Elements(1, 2, 17, 1_000, 100_000)
             from seed in Gen.Choose(0, int.MaxValue)
             select (least, span, ipv6, tcp, flows, (ulong)seed * 0x1_0001_0001)).ToArbitrary();
        return Prop.ForAll(options, o =>
        {
            List<ReceivedFrame> frames = Generate(
                new GeneratorPortOptions { Sizes = FrameSizes.Uniform(o.Least, o.Least + o.Span), Ipv6Share = o.Ipv6 / 4.0, TcpShare = o.Tcp / 4.0, Flows = o.Flows, Seed = o.Seed },
                100);
            Assert.Equal(100, frames.Count);
            foreach (ReceivedFrame frame in frames)
            {
                Assert.InRange(frame.Data.Length, o.Least, o.Least + o.Span);
                AssertIsValid(frame.Data);
                Assert.Equal(HashOf(frame.Data), frame.RssHash);
            }
        });
    }

    [Theory]
    [InlineData(60, 0, 0)]
    [InlineData(64, 0, 1)]
    [InlineData(62, 1, 0)]
    [InlineData(74, 1, 1)]
    public void The_smallest_frames_of_every_kind_are_valid(int size, double ipv6, double tcp) =>
        Assert.All(Generate(new GeneratorPortOptions { Sizes = FrameSizes.Fixed(size), Ipv6Share = ipv6, TcpShare = tcp }, 200), frame =>
        {
            Assert.Equal(size, frame.Data.Length);
            AssertIsValid(frame.Data);
        });

    [Fact]
    public void The_same_seed_gives_the_same_packets_whatever_the_bursts()
    {
        foreach (FlowDistribution distribution in (FlowDistribution[])[FlowDistribution.Uniform, FlowDistribution.RoundRobin, FlowDistribution.Zipf(1.1)])
        {
            GeneratorPortOptions options = new() { Sizes = FrameSizes.HttpMix, Distribution = distribution, Seed = 99, ReceiveQueues = 2, Ipv6Share = 0.3 };
            List<byte[]> Take(GeneratorPortOptions from, int burst)
            {
                using PortHarness harness = PortHarness.Started(new GeneratorPort(from));
                List<byte[]> frames = [];
                while (frames.Count < 420)
                {
                    PacketDescriptor[] received = harness.Receive(burst, queue: 1);
                    frames.AddRange(received.Select(d => harness.Copy(d).Data));
                    harness.Cache.Free(received);
                }

                return frames;
            }

            List<byte[]> first = Take(options, 7);
            Assert.Equal(first, Take(options, 60));
            Assert.NotEqual(first, Take(options with { Seed = 100 }, 7));
        }
    }

    [Fact]
    public void Every_flow_is_another_five_tuple()
    {
        const int Flows = 40_000;
        using PortHarness harness = PortHarness.Started(new GeneratorPort(new GeneratorPortOptions { Flows = Flows, Distribution = FlowDistribution.RoundRobin, Ipv6Share = 0.25, TcpShare = 0.5, Sizes = FrameSizes.Fixed(74) }));
        HashSet<object> keys = [];
        int ipv6 = 0, tcp = 0, tcpOfIpv6 = 0, seen = 0;
        while (seen < Flows)
        {
            PacketDescriptor[] burst = harness.Receive(64);
            foreach (ref PacketDescriptor descriptor in burst.AsSpan())
            {
                (object key, byte protocol) = KeyOf(harness.Pool.Open(ref descriptor).Data.ToArray());
                keys.Add(key);
                ipv6 += key is Ipv6FlowKey ? 1 : 0;
                tcp += protocol == IpProtocols.Tcp ? 1 : 0;
                tcpOfIpv6 += key is Ipv6FlowKey && protocol == IpProtocols.Tcp ? 1 : 0;
                seen++;
            }

            harness.Cache.Free(burst);
        }

        Assert.Equal((Flows, Flows, 10_000, 20_000, 5_000), (seen, keys.Count, ipv6, tcp, tcpOfIpv6));
    }

    [Fact]
    public void Flows_take_turns_when_asked_to()
    {
        List<ReceivedFrame> frames = Generate(new GeneratorPortOptions { Flows = 10, Distribution = FlowDistribution.RoundRobin }, 100);
        object[] keys = [.. frames.Select(frame => KeyOf(frame.Data).Key)];
        for (int i = 10; i < keys.Length; i++)
            Assert.Equal(keys[i - 10], keys[i]);
        Assert.Equal(10, keys.Distinct().Count());
    }

    [Fact]
    public void A_uniform_distribution_is_even_and_a_zipf_distribution_follows_the_ranks()
    {
        const int Packets = 50_000, Flows = 50;
        Dictionary<object, int> Count(FlowDistribution distribution)
        {
            using PortHarness harness = PortHarness.Started(new GeneratorPort(new GeneratorPortOptions { Flows = Flows, Distribution = distribution }));
            Dictionary<object, int> counts = [];
            for (int seen = 0; seen < Packets;)
            {
                PacketDescriptor[] burst = harness.Receive(50);
                seen += burst.Length;
                foreach (PacketDescriptor descriptor in burst)
                {
                    object key = KeyOf(harness.Copy(descriptor).Data).Key;
                    counts[key] = counts.GetValueOrDefault(key) + 1;
                }

                harness.Cache.Free(burst);
            }

            return counts;
        }

        object[] ranks = [.. Generate(new GeneratorPortOptions { Flows = Flows, Distribution = FlowDistribution.RoundRobin }, Flows).Select(frame => KeyOf(frame.Data).Key)];

        // Six standard deviations of a count: a fixed seed makes it repeatable, the bound makes it meaningful for any seed.
        static void AssertNear(double share, int count) =>
            Assert.InRange(count, (Packets * share) - (6 * Math.Sqrt(Packets * share)), (Packets * share) + (6 * Math.Sqrt(Packets * share)));

        Dictionary<object, int> even = Count(FlowDistribution.Uniform);
        Assert.All(ranks, key => AssertNear(1.0 / Flows, even[key]));
        foreach (double exponent in (double[])[0.8, 1.3, 2])
        {
            Dictionary<object, int> zipf = Count(FlowDistribution.Zipf(exponent));
            double total = Enumerable.Range(1, Flows).Sum(k => Math.Pow(k, -exponent));
            for (int rank = 0; rank < Flows; rank++)
                AssertNear(Math.Pow(rank + 1, -exponent) / total, zipf.GetValueOrDefault(ranks[rank]));
        }
    }

    [Fact]
    public void The_http_mix_has_the_shares_of_the_paper()
    {
        const int Packets = 100_000;
        int[] sizes = new int[1519];
        using PortHarness harness = PortHarness.Started(new GeneratorPort(new GeneratorPortOptions { Sizes = FrameSizes.HttpMix, TcpShare = 1 }));
        for (int seen = 0; seen < Packets;)
        {
            PacketDescriptor[] burst = harness.Receive(50);
            foreach (ref PacketDescriptor descriptor in burst.AsSpan())
                sizes[harness.Pool.Open(ref descriptor).Length]++;
            seen += burst.Length;
            harness.Cache.Free(burst);
        }

        Assert.Equal(Packets, sizes[64..].Sum());
        Assert.InRange(sizes[64], 43_300, 45_300);
        Assert.InRange(sizes[65..1024].Sum(), 17_700, 19_300);
        Assert.InRange(sizes[1024..].Sum(), 36_200, 38_200);
        Assert.NotEqual(0, sizes[65..100].Sum() * sizes[990..1024].Sum() * sizes[1024..1060].Sum() * sizes[1484..].Sum());
        double mean = Enumerable.Range(0, sizes.Length).Sum(size => (double)size * sizes[size]) / Packets;
        Assert.InRange(mean, FrameSizes.HttpMix.Mean * 0.99, FrameSizes.HttpMix.Mean * 1.01);
    }

    [Fact]
    public void A_packet_count_is_kept_exactly_over_all_queues_and_then_the_port_has_ended()
    {
        foreach ((int queues, int flows, long count) in ((int, int, long)[])[(1, 1024, 1_000), (4, 1024, 10_001), (7, 3, 777), (3, 1, 5), (2, 10, 0)])
        {
            using PortHarness harness = PortHarness.Started(new GeneratorPort(new GeneratorPortOptions { ReceiveQueues = queues, Flows = flows, PacketCount = count, Distribution = FlowDistribution.Zipf(1) }));
            Assert.Equal(count == 0 ? PortState.Ended : PortState.Running, harness.Port.Status.State);
            int received = Enumerable.Range(0, queues).Sum(queue => harness.ReceiveAll(queue).Count);
            Assert.Equal(count, received);
            Assert.Equal(PortState.Ended, harness.Port.Status.State);
            harness.Transmit(harness.Packets(1));
        }
    }

    [Fact]
    public void A_packet_rate_is_kept_by_the_platforms_clock()
    {
        FakeTimeProvider time = new();
        using PortHarness harness = PortHarness.Started(new GeneratorPort(new GeneratorPortOptions { PacketsPerSecond = 1_000 }), time: time);
        Assert.False(harness.Port.Info.CanWait);
        Assert.Single(harness.ReceiveAll());
        Assert.Empty(harness.ReceiveAll());
        time.Advance(TimeSpan.FromMilliseconds(10));
        Assert.Equal(10, harness.ReceiveAll().Count);
        for (int i = 0; i < 1_000; i++)
        {
            time.Advance(TimeSpan.FromMicroseconds(700));
            harness.ReceiveAll();
        }

        Assert.Equal(711, harness.Port.GetStatistics().ReceivedPackets);
    }

    [Fact]
    public void A_bit_rate_is_kept_on_average()
    {
        FakeTimeProvider time = new();
        using PortHarness harness = PortHarness.Started(new GeneratorPort(new GeneratorPortOptions { BitsPerSecond = 100_000_000, Sizes = FrameSizes.HttpMix, Backlog = 100_000 }), time: time);
        for (int i = 0; i < 100; i++)
        {
            time.Advance(TimeSpan.FromMilliseconds(10));
            harness.ReceiveAll();
        }

        Assert.InRange(harness.Port.GetStatistics().ReceivedBytes * 8, 98_000_000, 102_000_000);
    }

    [Fact]
    public void The_rate_is_shared_by_the_queues()
    {
        FakeTimeProvider time = new();
        using PortHarness harness = PortHarness.Started(new GeneratorPort(new GeneratorPortOptions { PacketsPerSecond = 10_000, ReceiveQueues = 4, Backlog = 100_000 }), time: time);
        time.Advance(TimeSpan.FromSeconds(1));
        int[] received = [.. Enumerable.Range(0, 4).Select(queue => harness.ReceiveAll(queue).Count)];
        Assert.InRange(received.Sum(), 9_996, 10_004);
        Assert.All(received, count => Assert.InRange(count, 1_500, 3_500));
    }

    [Fact]
    public void With_a_rate_what_exceeds_the_backlog_is_lost_and_counted()
    {
        FakeTimeProvider time = new();
        using PortHarness harness = PortHarness.Started(new GeneratorPort(new GeneratorPortOptions { PacketsPerSecond = 1_000, Backlog = 64, PacketCount = 5_000 }), time: time);
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(64, harness.ReceiveAll().Count);
        Assert.Equal(1_001 - 64, harness.Port.GetStatistics().DroppedError);
        time.Advance(TimeSpan.FromSeconds(100));
        Assert.Equal(64, harness.ReceiveAll().Count);
        PortStatistics statistics = harness.Port.GetStatistics();
        Assert.Equal(5_000, statistics.ReceivedPackets + statistics.DroppedError);
        Assert.Equal(PortState.Ended, harness.Port.Status.State);
    }

    [Fact]
    public void With_a_rate_a_packet_without_a_buffer_is_lost_and_counted()
    {
        using PortHarness harness = PortHarness.Started(new GeneratorPort(new GeneratorPortOptions { PacketsPerSecond = 1_000 }), capacity: 8, time: AfterASecond(out FakeTimeProvider time));
        time.Advance(TimeSpan.FromMilliseconds(19));
        PacketDescriptor[] burst = harness.Receive(20);
        Assert.Equal(8, burst.Length);
        Assert.Equal(12, harness.Port.GetStatistics().DroppedNoBuffer);
        harness.Cache.Free(burst);
    }

    private static FakeTimeProvider AfterASecond(out FakeTimeProvider time)
    {
        time = new FakeTimeProvider();
        time.Advance(TimeSpan.FromSeconds(1));
        return time;
    }

    [Fact]
    public void Packets_are_stamped_with_the_platforms_time()
    {
        FakeTimeProvider time = new(new DateTimeOffset(2016, 8, 22, 0, 0, 0, TimeSpan.Zero));
        using PortHarness harness = PortHarness.Started(new GeneratorPort(), time: time);
        time.Advance(TimeSpan.FromMicroseconds(1.5));
        Assert.Equal((time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100, harness.ReceiveAll(most: 1)[0].Timestamp);
        using PortHarness unstamped = PortHarness.Started(new GeneratorPort(new GeneratorPortOptions { StampTime = false }), time: time);
        Assert.Equal(0, unstamped.ReceiveAll(most: 1)[0].Timestamp);
    }

    [Fact]
    public void The_hash_can_be_left_to_the_platform()
    {
        using PortHarness harness = PortHarness.Started(new GeneratorPort(new GeneratorPortOptions { ProvideRssHash = false }));
        Assert.False(harness.Port.Info.ProvidesRssHash);
        Assert.All(harness.ReceiveAll(most: 100), frame => Assert.Equal(0u, frame.RssHash));
    }

    [Fact]
    public void Corrupt_payloads_are_found_and_changed_headers_are_not_taken_for_them()
    {
        GeneratorPort port = new(new GeneratorPortOptions { VerifyPayload = true, Sizes = FrameSizes.Uniform(80, 1518), Ipv6Share = 0.5, TcpShare = 0.5, TransmitQueues = 2 });
        using PortHarness harness = PortHarness.Started(port);
        PacketDescriptor[] burst = harness.Receive(60);
        for (int i = 0; i < burst.Length; i++)
        {
            Span<byte> frame = harness.Pool.Open(ref burst[i]).Data;
            frame[..12].Fill(9);
            FlowKeyReader.Parse(frame, out PacketLayers layers);
            if (i % 3 == 0)
                frame[layers.PayloadOffset + (i % (frame.Length - layers.PayloadOffset))] ^= 1;
        }

        harness.Transmit(burst[..30], queue: 0);
        harness.Transmit(burst[30..], queue: 1);
        Assert.Equal(20, port.CorruptPayloads);
        harness.Transmit(harness.Packets(5));
        Assert.Equal(25, port.CorruptPayloads);
    }

    [Fact]
    public void Impossible_options_are_refused()
    {
        static void Refused<T>(GeneratorPortOptions options)
            where T : ArgumentException => Assert.Throws<T>(() => new GeneratorPort(options));

        Refused<ArgumentOutOfRangeException>(new() { Flows = 0 });
        Refused<ArgumentOutOfRangeException>(new() { Flows = GeneratorPortOptions.MaxFlows + 1 });
        Refused<ArgumentOutOfRangeException>(new() { ReceiveQueues = 0 });
        Refused<ArgumentOutOfRangeException>(new() { Ipv6Share = 1.1 });
        Refused<ArgumentOutOfRangeException>(new() { TcpShare = double.NaN });
        Refused<ArgumentOutOfRangeException>(new() { PacketsPerSecond = 0 });
        Refused<ArgumentOutOfRangeException>(new() { Backlog = 0 });
        Refused<ArgumentOutOfRangeException>(new() { PacketCount = -1 });
        Refused<ArgumentException>(new() { PacketsPerSecond = 1, BitsPerSecond = 1 });
        Refused<ArgumentException>(new() { Sizes = FrameSizes.Fixed(64), Ipv6Share = 0.1, TcpShare = 0.1 });
        Assert.Throws<ArgumentOutOfRangeException>(() => FrameSizes.Fixed(59));
        Assert.Throws<ArgumentOutOfRangeException>(() => FrameSizes.Fixed(65_536));
        Assert.Throws<ArgumentOutOfRangeException>(() => FrameSizes.Uniform(100, 99));
        Assert.Throws<ArgumentOutOfRangeException>(() => FrameSizes.Mix((0, 60, 70)));
        Assert.Throws<ArgumentException>(() => FrameSizes.Mix());
        Assert.Throws<ArgumentOutOfRangeException>(() => FlowDistribution.Zipf(0));
    }
}
