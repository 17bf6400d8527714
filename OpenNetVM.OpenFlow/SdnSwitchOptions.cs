using OpenNetVM.OpenFlow.Agent;
using OpenNetVM.OpenFlow.Channel;

namespace OpenNetVM.OpenFlow;

/// <summary>What an <see cref="SdnSwitch"/> connects to, and how much it holds.</summary>
public sealed record SdnSwitchOptions
{
    /// <summary>
    /// Controllers to connect to (<c>tcp:</c>, <c>tls:</c>) and addresses to listen on for tools and controllers that come (<c>ptcp:</c>). None by default. Strings are
    /// read by <see cref="OpenFlowEndpoint.Parse"/>.
    /// </summary>
    public IReadOnlyList<OpenFlowEndpoint> Endpoints { get; init; } = [];

    /// <summary>How the channels behave.</summary>
    public OpenFlowChannelOptions Channel { get; init; } = new();

    /// <summary>Identifies the switch to its controllers: the lower 48 bits are by custom a MAC address. Two switches of one controller need two. Default 1.</summary>
    public ulong DatapathId { get; init; } = 1;

    /// <summary>What people read in the switch's description (OFPMP_DESC, dp_desc); at most 255 bytes.</summary>
    public string Description { get; init; } = "";

    /// <summary>What becomes of the rules when the last controller is lost. Default: they stay.</summary>
    public SdnFailMode FailMode { get; init; } = SdnFailMode.Secure;

    /// <summary>What becomes of packets on which nobody decides. Default: they follow the default chain.</summary>
    public SdnMissAction MissAction { get; init; } = SdnMissAction.FollowDefaultChain;

    /// <summary>
    /// True: a rule whose actions are outputs to several ports, service ports among them, is one chain: through the services in this order, then out of the last NIC port. False (default): as
    /// OpenFlow has it, a copy goes to each.
    /// </summary>
    public bool OutputListIsChain { get; init; }

    /// <summary>True (default): packets that wait for the controller are named to it by a buffer id, with their first bytes. False: they are sent to it whole.</summary>
    public bool UseBuffers { get; init; } = true;

    /// <summary>Packets of one flow that wait for the controller, 1 to 65,536. Default 64. Further ones take <see cref="MissAction"/>.</summary>
    public int MaxHeldPerFlow { get; init; } = 64;

    /// <summary>Packets of all flows that wait for the controller, and how many flows can wait. Default 4,096. It should be a small part of the packet pool.</summary>
    public int MaxHeldPackets { get; init; } = 4096;

    /// <summary>How long a packet waits for the controller's answer before it takes <see cref="MissAction"/>. Default one second.</summary>
    public TimeSpan HoldTimeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Packets a second that are sent to the controller; further ones wait, and then take <see cref="MissAction"/>. Default 100,000; 0 is as many as come.</summary>
    public int PacketInRate { get; init; } = 100_000;

    /// <summary>How many packets may be sent to the controller at once after a quiet time. Default 1,000.</summary>
    public int PacketInBurst { get; init; } = 1000;

    /// <summary>A flow that was installed goes from the flow director after so long without a packet; its rule stays. Default 10 seconds.</summary>
    public TimeSpan FlowIdleTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Rules that are held. Default 1,000,000.</summary>
    public int MaxRules { get; init; } = 1_000_000;

    /// <summary>Groups that are held. Default 4,096.</summary>
    public int MaxGroups { get; init; } = 4096;

    /// <summary>Different ways through the platform that rules can lead at once; each takes two service chains. Default 8,192, at most 30,000.</summary>
    public int MaxPaths { get; init; } = 8192;

    /// <summary>How often timeouts, ports and services are looked at. Default 100 ms.</summary>
    public TimeSpan UpdatePeriod { get; init; } = TimeSpan.FromMilliseconds(100);

    internal SwitchAgentOptions ToAgentOptions() => new()
    {
        DatapathId = DatapathId,
        Description = Description,
        MaxRules = MaxRules,
        MaxGroups = MaxGroups,
        SweepPeriod = UpdatePeriod,
    };

    internal void Validate()
    {
        Channel.Validate();
        ToAgentOptions().Validate();
        InRange(MaxHeldPerFlow, 1, 65_536, nameof(MaxHeldPerFlow));
        InRange(MaxHeldPackets, 1, 1 << 24, nameof(MaxHeldPackets));
        InRange(PacketInRate, 0, int.MaxValue, nameof(PacketInRate));
        InRange(PacketInBurst, 1, int.MaxValue, nameof(PacketInBurst));
        InRange(MaxPaths, 1, 30_000, nameof(MaxPaths));
        Positive(HoldTimeout, nameof(HoldTimeout));
        Positive(FlowIdleTimeout, nameof(FlowIdleTimeout));
        if (UpdatePeriod < TimeSpan.FromMilliseconds(1))
            throw new ArgumentOutOfRangeException(nameof(UpdatePeriod), UpdatePeriod, $"SdnSwitchOptions.UpdatePeriod is {UpdatePeriod}, but must be 1 ms or longer.");
    }

    private static void InRange(int value, int least, int most, string name)
    {
        if (value < least || value > most)
            throw new ArgumentOutOfRangeException(name, value, $"SdnSwitchOptions.{name} is {value}, but must be {least} to {most}.");
    }

    private static void Positive(TimeSpan value, string name)
    {
        if (value <= TimeSpan.Zero || value > TimeSpan.FromDays(1))
            throw new ArgumentOutOfRangeException(name, value, $"SdnSwitchOptions.{name} is {value}, but must be more than zero and at most a day.");
    }
}
