using FsCheck;
using FsCheck.Fluent;
using OpenNetVM.Core.Captures;
using OpenNetVM.Core.Chains;
using OpenNetVM.Core.Headers;
using OpenNetVM.Core.LoadBalancing;
using OpenNetVM.Core.Management;
using OpenNetVM.Core.Memory;
using OpenNetVM.Core.Services;
using OpenNetVM.FlowTable;
using OpenNetVM.Testing;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.LoadBalancing;

/// <summary>Both directions of a flow meet one instance: through whole platforms, with made-up flows and with real ones.</summary>
public class BothDirectionsTests
{
    public static TheoryData<string> Policies => ["modulo", "maglev", "rendezvous", "pinned"];

    [Theory]
    [MemberData(nameof(Policies))]
    public void Both_directions_of_random_flows_meet_the_same_instance(string policy)
    {
        Gen<byte[]> frames =
            from source in ArbMap.Default.GeneratorFor<uint>()
            from destination in ArbMap.Default.GeneratorFor<uint>()
            from sourcePort in ArbMap.Default.GeneratorFor<ushort>()
            from destinationPort in ArbMap.Default.GeneratorFor<ushort>()
            from protocol in Gen.Elements<byte>(6, 17, 132, 1)
            select Frames.Udp(source, destination, sourcePort, destinationPort, protocol: protocol);
        Prop.ForAll(frames.ArrayOf(50).ToArbitrary(), flows =>
        {
            (TestPlatform platform, Dictionary<InstanceId, List<byte[]>> seen) = Start(policy, instances: 5);
            using (platform)
            {
                platform.Run(flows);
                platform.Run(flows.Select(Frames.Reversed));
                AssertTogether(seen);
            }
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData("nDPI__1kxun.pcap")]
    [InlineData("nDPI__reddit.pcap")]
    [InlineData("nDPI__teams.pcap")]
    [InlineData("zeek__methods.pcap")]
    [InlineData("zeek__sctp.pcap")]
    [InlineData("nDPI__synscan.pcap")]
    public void Both_directions_of_real_flows_meet_the_same_instance(string capture)
    {
        string path = RepositoryFiles.Capture(capture);
        (TestPlatform platform, Dictionary<InstanceId, List<byte[]>> seen) = Start("modulo", instances: 3);
        using (platform)
        {
            List<byte[]> frames = [];
            using CaptureReader reader = CaptureReader.OpenFile(path);
            while (reader.TryRead(out CapturedFrame frame))
                frames.Add(frame.Data.ToArray());
            Assert.Equal(frames.Count, platform.Run(frames).Count);
            AssertTogether(seen);
        }
    }

    [Fact]
    public void Pinned_flows_stay_where_they_are_when_instances_come_and_go()
    {
        (TestPlatform platform, Dictionary<InstanceId, List<byte[]>> seen) = Start("pinned", instances: 2);
        using (platform)
        {
            byte[][] flows = Frames.Flows(300);
            platform.Run(flows);
            Dictionary<Ipv4FlowKey, InstanceId> before = Where(seen);

            InstanceId added = platform.Manager.StartInstance(platform.Manager.Services.Services[0].Id);
            foreach (List<byte[]> list in seen.Values)
                list.Clear();
            platform.Run(flows);
            Assert.Equal(before, Where(seen));

            // New flows do go to the new instance.
            platform.Run(Frames.Flows(600)[300..]);
            Assert.InRange(seen[added].Count, 40, 160);
        }
    }

    private static (TestPlatform Platform, Dictionary<InstanceId, List<byte[]>> Seen) Start(string policy, int instances)
    {
        TestPlatform platform = new(new NfManagerOptions { Dataplane = new() { Pool = new PacketPoolOptions { BufferSize = 65_536, Capacity = 1_024 } } });
        Dictionary<InstanceId, List<byte[]>> seen = [];
        ServiceId service = platform.Builder.AddScripted(
                "service",
            (function, packet) =>
            {
                if (!seen.TryGetValue(function.Context.Instance, out List<byte[]>? list))
                    seen.Add(function.Context.Instance, list = []);
                list.Add(packet.Data.ToArray());
            },
            new ServiceOptions
            {
                Instances = instances,
                PinFlows = policy == "pinned",
                LoadBalancer = policy switch
                {
                    "maglev" => new Maglev(),
                    "rendezvous" => new Rendezvous(),
                    _ => new RssModulo(),
                },
            });
        platform.Start(ServiceChain.Through(service).To(TestPlatform.OutputId));
        return (platform, seen);
    }

    // No two instances saw the same conversation, whichever direction.
    private static void AssertTogether(Dictionary<InstanceId, List<byte[]>> seen)
    {
        Dictionary<object, InstanceId> places = [];
        foreach ((InstanceId instance, List<byte[]> frames) in seen)
        {
            foreach (byte[] frame in frames)
            {
                if (Conversation(frame) is not { } conversation)
                    continue;
                if (places.TryGetValue(conversation, out InstanceId other))
                    Assert.True(other == instance, $"{conversation} was at {other} and at {instance}");
                else
                    places.Add(conversation, instance);
            }
        }
    }

    private static Dictionary<Ipv4FlowKey, InstanceId> Where(Dictionary<InstanceId, List<byte[]>> seen)
    {
        Dictionary<Ipv4FlowKey, InstanceId> places = [];
        foreach ((InstanceId instance, List<byte[]> frames) in seen)
        {
            foreach (byte[] frame in frames)
                places.Add((Ipv4FlowKey)Conversation(frame)!, instance);
        }

        return places;
    }

    private static object? Conversation(byte[] frame)
    {
        FlowKeyStatus status = FlowKeyReader.Read(frame, out Ipv4FlowKey ipv4, out Ipv6FlowKey ipv6, out PacketLayers layers);
        if (layers.Fragment != FragmentKind.None)
            return null;
        return status switch
        {
            FlowKeyStatus.Ipv4 => ipv4.Canonical(),
            FlowKeyStatus.Ipv6 => ipv6.Canonical(),
            _ => null,
        };
    }
}
