using System.Net;
using Microsoft.Extensions.Time.Testing;
using OpenNetVM.Core.Chains;
using OpenNetVM.Core.Flows;
using OpenNetVM.Core.Management;
using OpenNetVM.Core.Services;
using OpenNetVM.Core.Steering;
using OpenNetVM.FlowTable;
using OpenNetVM.Testing;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.Flows;

public class FlowDirectorTests
{
    private static readonly Ipv4FlowKey Flow = new(1, 2, 3, 4, 17);

    [Fact]
    public void A_rule_moves_its_flow_to_another_chain_and_leaves_others_alone()
    {
        using TestPlatform platform = new();
        List<ScriptedFunction> functions = [];
        ServiceId usual = platform.Builder.AddScripted(functions, "usual");
        ServiceId special = platform.Builder.AddScripted(functions, "special");
        ChainId chain = platform.Builder.AddChain(ServiceChain.Through(special).To(TestPlatform.OutputId));
        platform.Start(ServiceChain.Through(usual).To(TestPlatform.OutputId));

        Assert.True(platform.Manager.Director.TrySet(Flow, chain, new FlowRuleOptions { Tag = 7 }));
        platform.Run(Frames.Udp(1, 2, 3, 4, mark: 1), Frames.Udp(1, 2, 3, 5, mark: 2), Frames.Udp(2, 1, 4, 3, mark: 3));

        Assert.Equal([1], functions[1].Seen);
        Assert.Equal([2, 3], functions[0].Seen);
        Assert.True(platform.Manager.Director.TryGet(Flow, out FlowRule? rule));
        Assert.Equal((chain, 7u, 1ul, 64ul), (rule!.Chain, rule.Tag, rule.Packets, rule.Bytes));

        Assert.True(platform.Manager.Director.Remove(Flow));
        Assert.False(platform.Manager.Director.Remove(Flow));
        platform.Run(Frames.Udp(1, 2, 3, 4, mark: 4));
        Assert.Equal([2, 3, 4], functions[0].Seen);
    }

    [Fact]
    public void A_rule_set_by_a_function_holds_for_the_very_packet_that_caused_it()
    {
        // The paper's steering example: new flows go to the SDN function, which decides; later packets go straight to the IDS.
        using TestPlatform platform = new();
        List<ScriptedFunction> functions = [];
        ChainId direct = default;
        ServiceId sdn = platform.Builder.AddScripted(functions, "sdn", (function, packet) => Assert.True(function.Context.Flows.TrySet(packet, direct)));
        ServiceId ids = platform.Builder.AddScripted(functions, "ids");
        direct = platform.Builder.AddChain(ServiceChain.Through(ids).To(TestPlatform.OutputId));
        platform.Start(ServiceChain.Through(sdn).ToDrop());

        Assert.Single(platform.Run(Frames.Udp(1, 2, 3, 4, mark: 1)));
        Assert.Single(platform.Run(Frames.Udp(1, 2, 3, 4, mark: 2)));

        Assert.Equal([1], functions[0].Seen);
        Assert.Equal([1, 2], functions[1].Seen);
    }

    [Fact]
    public void A_packet_moved_to_a_chain_that_visits_its_service_goes_on_behind_it()
    {
        using TestPlatform platform = new();
        List<ScriptedFunction> functions = [];
        ChainId shorter = default;
        ServiceId first = platform.Builder.AddScripted(functions, "first", (function, packet) => function.Context.Flows.TrySet(packet, shorter));
        ServiceId second = platform.Builder.AddScripted(functions, "second");
        shorter = platform.Builder.AddChain(ServiceChain.Through(first).To(TestPlatform.OutputId));
        platform.Start(ServiceChain.Through(first, second).To(TestPlatform.OutputId));

        Assert.Single(platform.Run(Frames.Udp(1, 2, 3, 4)));
        Assert.Single(functions[0].Seen);
        Assert.Empty(functions[1].Seen);
    }

    [Fact]
    public void The_first_step_of_a_flows_chain_may_be_a_port_or_a_drop()
    {
        using TestPlatform platform = new();
        List<ScriptedFunction> functions = [];
        ServiceId usual = platform.Builder.AddScripted(functions, "usual");
        ChainId straight = platform.Builder.AddChain(ServiceChain.To(TestPlatform.InputId));
        ChainId drop = platform.Builder.AddChain(ServiceChain.Drop);
        platform.Start(ServiceChain.Through(usual).To(TestPlatform.OutputId));

        platform.Manager.Director.TrySet(Flow, straight);
        platform.Manager.Director.TrySet(new Ipv4FlowKey(5, 6, 7, 8, 17), drop);
        Assert.Empty(platform.Run(Frames.Udp(1, 2, 3, 4), Frames.Udp(5, 6, 7, 8)));
        Assert.Single(platform.Input.ReceiveAll());
        Assert.Empty(functions[0].Seen);
    }

    [Fact]
    public void A_first_fragment_follows_the_rule_of_its_five_tuple_and_a_later_one_has_no_ports()
    {
        using TestPlatform platform = new();
        List<ScriptedFunction> functions = [];
        ServiceId usual = platform.Builder.AddScripted(functions, "usual");
        ServiceId special = platform.Builder.AddScripted(functions, "special");
        ChainId chain = platform.Builder.AddChain(ServiceChain.Through(special).To(TestPlatform.OutputId));
        platform.Start(ServiceChain.Through(usual).To(TestPlatform.OutputId));
        platform.Manager.Director.TrySet(Flow, chain);

        byte[] first = Frames.Udp(1, 2, 3, 4, mark: 1);
        first[20] = 0x20;
        byte[] later = Frames.Udp(1, 2, 3, 4, mark: 2);
        later[21] = 0x10;
        platform.Run(first, later);
        Assert.Equal([1], functions[1].Seen);
        Assert.Equal([2], functions[0].Seen);
    }

    [Fact]
    public void A_rule_is_removed_by_its_tag_and_another_s_is_left()
    {
        FakeTimeProvider time = new();
        using TestPlatform platform = new(new NfManagerOptions { Time = time });
        platform.Start(ServiceChain.To(TestPlatform.OutputId));
        FlowDirector director = platform.Manager.Director;
        ChainId chain = platform.Manager.Chains.Add(ServiceChain.To(TestPlatform.InputId));
        director.TrySet(Flow, chain, new FlowRuleOptions { Tag = 7 });
        platform.Run(Frames.Udp(1, 2, 3, 4), Frames.Udp(1, 2, 3, 4));
        time.Advance(TimeSpan.FromMilliseconds(250));

        Assert.Null(director.Remove(Flow, tag: 8));
        Assert.Equal(1, director.Count);
        FlowRule removed = Assert.IsType<FlowRule>(director.Remove(Flow, tag: 7));
        Assert.Equal((7u, 2ul, TimeSpan.FromMilliseconds(250)), (removed.Tag, removed.Packets, removed.IdleTime));
        Assert.Equal(0, director.Count);
        Assert.Null(director.Remove(Flow, tag: 7));
        Ipv6FlowKey six = new(1UL, 2UL, 3UL, 4UL, (ushort)5, (ushort)6, 17);
        director.TrySet(six, chain, new FlowRuleOptions { Tag = 9 });
        Assert.Null(director.Remove(six, tag: 0));
        Assert.Equal(six, director.Remove(six, tag: 9)?.Ipv6);
    }

    [Fact]
    public void A_rule_that_makes_room_for_another_is_reported()
    {
        FlowDirectorOptions small = new() { Ipv4Capacity = 8, WhenFull = TableFullPolicy.EvictOldest };
        using TestPlatform platform = new(new NfManagerOptions { Dataplane = new() { Director = small } });
        platform.Start(ServiceChain.Drop);
        FlowDirector director = platform.Manager.Director;
        List<FlowRule> gone = [];
        director.Expired += gone.Add;
        for (uint i = 0; i < 200; i++)
            Assert.True(director.TrySet(new Ipv4FlowKey(i, 2, 3, 4, 17), ChainId.Default, new FlowRuleOptions { Tag = i }));

        Assert.Equal(200, director.Count + gone.Count);
        Assert.Equal(gone.Count, gone.Select(static rule => rule.Tag).Distinct().Count());
        Assert.All(gone, rule => Assert.False(director.TryGet(rule.Ipv4!.Value, out _)));
    }

    [Fact]
    public void Rules_expire_when_idle_or_at_their_age_and_are_reported()
    {
        FakeTimeProvider time = new();
        using TestPlatform platform = new(new NfManagerOptions { Time = time });
        ServiceId usual = platform.Builder.AddScripted("usual");
        ChainId chain = platform.Builder.AddChain(ServiceChain.Drop);
        platform.Start(ServiceChain.Through(usual).To(TestPlatform.OutputId));
        FlowDirector director = platform.Manager.Director;
        List<FlowRule> expired = [];
        director.Expired += expired.Add;
        director.TrySet(Flow, chain, new FlowRuleOptions { IdleTimeout = TimeSpan.FromSeconds(3) });
        director.TrySet(Flow.Reversed(), chain, new FlowRuleOptions { HardTimeout = TimeSpan.FromSeconds(5) });
        director.TrySet(new Ipv4FlowKey(7, 7, 7, 7, 17), chain);

        for (int second = 0; second < 4; second++)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            platform.Run(Frames.Udp(1, 2, 3, 4));
        }

        Assert.Empty(expired);
        time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(Flow.Reversed(), Assert.Single(expired).Ipv4);
        time.Advance(TimeSpan.FromSeconds(4));
        Assert.Equal([Flow.Reversed(), Flow], expired.Select(rule => rule.Ipv4!.Value));
        Assert.Equal(1, director.Count);
        Assert.Single(platform.Run(Frames.Udp(1, 2, 3, 4)));
    }

    [Fact]
    public void Services_that_the_policy_does_not_allow_cannot_set_flows()
    {
        using TestPlatform platform = new();
        ChainId chain = default;
        bool? set = null;
        ServiceId meddler = platform.Builder.AddScripted("meddler", (function, packet) => set = function.Context.Flows.TrySet(packet, chain));
        chain = platform.Builder.AddChain(ServiceChain.Drop);
        platform.Builder.Options = platform.Builder.Options with { Dataplane = new() { Policy = SteeringPolicy.ChainsOnly } };
        platform.Start(ServiceChain.Through(meddler).To(TestPlatform.OutputId));

        Assert.Single(platform.Run(Frames.Udp(1, 2, 3, 4)));
        Assert.False(set);
        Assert.Equal(0, platform.Manager.Director.Count);
    }

    [Fact]
    public void Ipv6_flows_have_rules_too()
    {
        using TestPlatform platform = new();
        ChainId chain = platform.Builder.AddChain(ServiceChain.To(TestPlatform.InputId));
        platform.Start(ServiceChain.To(TestPlatform.OutputId));
        byte[] frame = new byte[80];
        frame[12] = 0x86;
        frame[13] = 0xDD;
        frame[14] = 0x60;
        frame[19] = 20;
        frame[20] = 17;
        frame[37] = 1;
        frame[53] = 2;
        frame[55] = 53;
        frame[57] = 99;
        IPAddress one = IPAddress.Parse("::1");
        IPAddress two = IPAddress.Parse("::2");

        Assert.True(platform.Manager.Director.TrySet(new Ipv6FlowKey(one, two, 53, 99, 17), chain));
        Assert.Empty(platform.Run(frame));
        Assert.Single(platform.Input.ReceiveAll());
    }

    [Fact]
    public void A_chain_that_does_not_exist_is_refused_and_one_that_is_removed_gives_way_to_the_default()
    {
        using TestPlatform platform = new();
        ChainId chain = platform.Builder.AddChain(ServiceChain.Drop);
        platform.Start(ServiceChain.To(TestPlatform.OutputId));
        KeyNotFoundException error = Assert.Throws<KeyNotFoundException>(() => platform.Manager.Director.TrySet(Flow, new ChainId(55)));
        Assert.Contains("chain 55", error.Message, StringComparison.Ordinal);

        platform.Manager.Director.TrySet(Flow, chain);
        Assert.Empty(platform.Run(Frames.Udp(1, 2, 3, 4)));
        Assert.True(platform.Manager.Chains.Remove(chain));
        Assert.Single(platform.Run(Frames.Udp(1, 2, 3, 4)));
    }

    [Fact]
    public void A_million_rules_fit_in_128_megabytes()
    {
        using TestPlatform platform = new(new NfManagerOptions { Dataplane = new() { Director = new FlowDirectorOptions { Ipv4Capacity = 1_050_000, Ipv6Capacity = 24 } } });
        platform.Start(ServiceChain.To(TestPlatform.OutputId));
        FlowDirector director = platform.Manager.Director;
        for (uint i = 0; i < 1_000_000; i++)
        {
            if (!director.TrySet(new Ipv4FlowKey(i * 2_654_435_761, ~i, (ushort)i, 80, 6), ChainId.Default))
                Assert.Fail($"rule {i} found no room");
        }

        Assert.Equal(1_000_000, director.Count);
        Assert.True(director.MemoryBytes < 128 << 20, $"{director.MemoryBytes} bytes");
    }
}
