using System.Buffers.Binary;
using OpenNetVM.Core.Chains;
using OpenNetVM.Core.Dataplane;
using OpenNetVM.Core.Flows;
using OpenNetVM.Core.Headers;
using OpenNetVM.Core.Management;
using OpenNetVM.FlowTable;
using OpenNetVM.Testing;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.Flows;

public class FlowClassificationTests
{
    private static readonly byte[] Protocols = [6, 17, 6, 17, 132, 1, 5, 7, 16, 18];

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(32)]
    [InlineData(64)]
    [InlineData(256)]
    public void Every_packet_follows_the_rule_of_the_key_that_the_flow_key_reader_gives_it(int burst)
    {
        using TestPlatform platform = new(new NfManagerOptions { Dataplane = new DataplaneOptions { BurstSize = burst } });
        ChainId chain = platform.Builder.AddChain(ServiceChain.To(TestPlatform.InputId));
        platform.Start(ServiceChain.To(TestPlatform.OutputId));
        FlowDirector director = platform.Manager.Director;
        Random random = new(burst);
        byte[][] frames = [.. Enumerable.Range(0, 3_000).Select(i => MakeFrame(random, i))];
        HashSet<Ipv4FlowKey> rules = [];
        foreach (byte[] frame in frames.Where((_, i) => i % 3 != 0))
        {
            if (FlowKeyReader.Read(frame, out Ipv4FlowKey key, out _, out _) == FlowKeyStatus.Ipv4 && rules.Add(key))
                Assert.True(director.TrySet(key, chain));
        }

        byte[][] expected = [.. frames.Where(frame => FlowKeyReader.Read(frame, out Ipv4FlowKey key, out _, out _) == FlowKeyStatus.Ipv4 && rules.Contains(key))];
        Assert.InRange(expected.Length, 1_000, 2_900);

        IReadOnlyList<byte[]> others = platform.Run(frames);
        Assert.Equal(expected, platform.Input.ReceiveAll());
        Assert.Equal(frames.Length - expected.Length, others.Count);

        Dictionary<Ipv4FlowKey, FlowRule> counted = director.Rules().ToDictionary(static rule => rule.Ipv4!.Value);
        foreach (IGrouping<Ipv4FlowKey, byte[]> flow in expected.GroupBy(KeyOf))
        {
            Assert.Equal((ulong)flow.Count(), counted[flow.Key].Packets);
            Assert.Equal((ulong)flow.Sum(static frame => frame.Length), counted[flow.Key].Bytes);
        }
    }

    private static Ipv4FlowKey KeyOf(byte[] frame)
    {
        FlowKeyReader.Read(frame, out Ipv4FlowKey key, out _, out _);
        return key;
    }

    // Most are plain; of the others each has something that moves its ports or takes them away, or only seems to.
    private static byte[] MakeFrame(Random random, int number)
    {
        byte[] frame = Frames.Udp(0x0A00_0000 + (uint)random.Next(40), 0xC0A8_0000 + (uint)random.Next(10), (ushort)random.Next(3), (ushort)random.Next(3), random.Next(46, 90), protocol: Protocols[random.Next(Protocols.Length)]);
        if (frame.Length > 46)
            frame[46] = (byte)(random.Next(3) == 0 ? random.Next(256) : 0x50);
        switch (random.Next(12))
        {
            case 0:
                // Fragments, and the bits beside that are none.
                BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(20), (ushort)(1 << random.Next(16)));
                break;
            case 1:
                // Total lengths that are too short, padded, cut.
                BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(16), (ushort)random.Next(100));
                break;
            case 2:
                frame[14] = (byte)random.Next(0x40, 0x50);
                break;
            case 3:
                frame[12 + random.Next(3)] ^= (byte)(1 << random.Next(8));
                break;
            case 4:
                frame = [.. frame[..12], 0x81, 0x00, 0x00, (byte)number, .. frame[12..]];
                break;
            case 5:
                frame = frame[..random.Next(14, frame.Length)];
                break;
        }

        return frame;
    }
}
