using Microsoft.Extensions.Time.Testing;
using OpenNetVM.Core.Chains;
using OpenNetVM.Core.Management;
using OpenNetVM.Core.Ports;
using OpenNetVM.Core.Services;
using OpenNetVM.OpenFlow;
using OpenNetVM.OpenFlow.Actions;
using OpenNetVM.OpenFlow.Matches;
using OpenNetVM.OpenFlow.Messages;
using OpenNetVM.OpenFlow.Protocol;
using OpenNetVM.Testing;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.OpenFlow;

/// <summary>
/// A platform that is driven by hand, with an SDN switch and a controller's end in the same process. Port 1 of the switch is the platform's input, 2 its output, 3 a third
/// wire; the services are those that a test adds, and what comes to each is noted.
/// </summary>
internal sealed class SdnPlatform : IAsyncDisposable
{
    public const uint First = 1;
    public const uint Second = 2;
    public const uint Third = 3;

    private readonly List<TestChannel> _channels = [];

    public SdnPlatform(SdnSwitchOptions? options = null, NfManagerOptions? manager = null)
    {
        Options = options ?? new SdnSwitchOptions();
        Platform = new TestPlatform((manager ?? new NfManagerOptions()) with { Time = Time });
        ThirdId = Platform.Builder.AddPort(ThirdWire);
        Switch = new SdnSwitch(Options);
        Service = Platform.Builder.AddService("sdn", Switch.CreateFunction, new ServiceOptions { Id = new ServiceId(100) });
    }

    public FakeTimeProvider Time { get; } = new();

    public SdnSwitchOptions Options { get; }

    public TestPlatform Platform { get; }

    public LoopbackPort ThirdWire { get; } = new("third");

    public PortId ThirdId { get; }

    public SdnSwitch Switch { get; }

    public ServiceId Service { get; }

    public SdnSwitchStatistics Statistics => Switch.GetStatistics();

    public static ValueArray<Instruction> To(params uint[] ports) => Apply([.. ports.Select(static port => new OutputAction(port, 128))]);

    public static ValueArray<Instruction> Apply(params OpenFlowAction[] actions) => [new ApplyActionsInstruction(new ValueArray<OpenFlowAction>(actions))];

    public static FlowMatch From(uint port) => FlowMatch.Of(new OxmField(OxmFieldId.InPort, port));

    public static FlowMatch Udp(uint port, ushort destination) => FlowMatch.Of(
        new(OxmFieldId.InPort, port), new(OxmFieldId.EthernetType, 0x0800), new(OxmFieldId.IpProtocol, 17), new(OxmFieldId.UdpDestination, destination));

    public static FlowMod Add(FlowMatch match, ValueArray<Instruction> instructions, ushort priority = 10) => new(FlowModCommand.Add, match, instructions) { Priority = priority };

    /// <summary>Sends what matches nothing else to the controller.</summary>
    public static FlowMod TableMiss(ushort length = 128) => Add(FlowMatch.Everything, Apply(new OutputAction(ReservedPort.Controller, length)), priority: 0);

    /// <summary>A service whose packets are noted in the returned list.</summary>
    public (ServiceId Id, List<int> Seen) AddService(string name, ScriptedFunction.PacketScript? onPacket = null, ServiceOptions? options = null)
    {
        List<int> seen = [];
        ServiceId id = Platform.Builder.AddScripted(
            name,
            (function, packet) =>
            {
                seen.Add(packet.Length >= 46 ? Frames.Mark(packet.Data) : -1);
                onPacket?.Invoke(function, packet);
            },
            options);
        return (id, seen);
    }

    /// <summary>Starts platform and switch. The default chain sends everything through the SDN function and out.</summary>
    public void Start(ServiceChain? defaultChain = null)
    {
        Platform.Start(defaultChain ?? ServiceChain.Through(Service).To(TestPlatform.OutputId));
        Switch.Start(Platform.Manager, Service, Time);
    }

    public async Task<TestChannel> ConnectAsync(byte version = WireVersion.Of13)
    {
        TestChannel channel = await TestChannel.OpenAsync(Switch.Agent, Time, new RecordingLogger(), version);
        _channels.Add(channel);
        return channel;
    }

    public async Task DisconnectAsync(TestChannel channel)
    {
        _channels.Remove(channel);
        await channel.DisposeAsync();
        Settle();
    }

    /// <summary>Starts, connects a controller, and has it send messages.</summary>
    public async Task<TestChannel> StartWithAsync(params OpenFlowMessage[] messages)
    {
        Start();
        TestChannel channel = await ConnectAsync();
        await TellAsync(channel, messages);
        return channel;
    }

    /// <summary>Sends messages and lets the platform work until they are done.</summary>
    public async Task TellAsync(TestChannel channel, params OpenFlowMessage[] messages)
    {
        Task told = channel.TellAsync(messages);
        while (!told.IsCompleted)
        {
            Platform.Manager.PollUntilIdle();
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }

        await told;
        Settle();
    }

    /// <summary>Sends frames in at the input and returns what left at the output.</summary>
    public IReadOnlyList<byte[]> Run(params IEnumerable<byte[]> frames)
    {
        IReadOnlyList<byte[]> left = Platform.Run(frames);
        return left;
    }

    /// <summary>Lets the platform work through all that falls due in the next milliseconds.</summary>
    public void Settle(int milliseconds = 4)
    {
        Platform.Manager.PollUntilIdle();
        for (int i = 0; i < milliseconds; i++)
        {
            Time.Advance(TimeSpan.FromMilliseconds(1));
            Platform.Manager.PollUntilIdle();
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (TestChannel channel in _channels)
            await channel.DisposeAsync();
        await Switch.DisposeAsync();
        Platform.Manager.PollUntilIdle();
        Platform.Dispose();
    }
}
