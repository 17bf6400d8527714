using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using OpenNetVM.Core.Chains;
using OpenNetVM.Core.Dataplane;
using OpenNetVM.Core.Management;
using OpenNetVM.Core.NetworkFunctions;
using OpenNetVM.Core.Packets;
using OpenNetVM.Core.Ports;
using OpenNetVM.Core.Services;
using OpenNetVM.OpenFlow;
using OpenNetVM.OpenFlow.Channel;
using OpenNetVM.OpenFlow.Protocol;
using OpenNetVM.Tests.Support;
using static OpenNetVM.Tests.Support.Eventually;

namespace OpenNetVM.Tests.OpenFlow;

/// <summary>
/// A platform on threads of its own whose flows an SDN switch has a say in, for controllers that are programs of their own. A station is at each of its three ports; the
/// first two talk to each other. Where nobody decides, what one sends goes to the other.
/// </summary>
internal sealed class ControlledPlatform : IAsyncDisposable
{
    /// <summary>The service's id, by which a controller's queue means it; its port is <see cref="IdsPort"/>.</summary>
    public const ushort Ids = 5;

    public const uint IdsPort = 0x1000 + Ids;

    // The mark of packets that only see whether a controller answers.
    private const int Probe = -1;

    /// <summary>The mark of packets that the service suspects: it sends their flow to the third station, this packet on, and asks nobody.</summary>
    public const int Suspicious = 6666;

    private readonly List<Inspecting> _inspections = [];

    public ControlledPlatform(string? controller, OpenFlowVersions versions = OpenFlowVersions.All, Func<SdnSwitchOptions, SdnSwitchOptions>? change = null, OpenFlowChannelOptions? channel = null)
    {
        SdnSwitchOptions options = new()
        {
            Endpoints = [.. controller is null ? Array.Empty<OpenFlowEndpoint>() : [OpenFlowEndpoint.Parse(controller)], OpenFlowEndpoint.Parse("ptcp:0")],
            Channel = (channel ?? new OpenFlowChannelOptions()) with { Versions = versions, ReconnectDelay = TimeSpan.FromMilliseconds(50), LongestReconnectDelay = TimeSpan.FromMilliseconds(200) },
            // Programs answer when they come to it: on a loaded machine that must not become another behaviour.
            HoldTimeout = TimeSpan.FromMinutes(1),
            FlowIdleTimeout = TimeSpan.FromMinutes(1),
        };
        Switch = new SdnSwitch(change?.Invoke(options) ?? options);
        NfManagerBuilder builder = new();
        builder.AddWorker("io", idle: IdleStrategy.Wait());
        builder.AddWorker("functions", idle: IdleStrategy.Wait());
        PortId first = builder.AddPort(First, "io"), second = builder.AddPort(Second, "io");
        ChainId diverted = builder.AddChain(ServiceChain.To(builder.AddPort(Third, "io")));
        ServiceId sdn = builder.AddService("sdn", Switch.CreateFunction, new ServiceOptions { Workers = ["functions"] });
        IdsId = builder.AddService("ids", () => Inspect(diverted), new ServiceOptions { Id = new ServiceId(Ids), Workers = ["functions"] });
        builder.DefaultChain = ServiceChain.Through(sdn).To(second);
        builder.SetDefaultChain(second, ServiceChain.Through(sdn).To(first));
        Manager = builder.Build();
        Manager.Start();
        Switch.Start(Manager, sdn);
    }

    public LoopbackPort First { get; } = new("first");

    public LoopbackPort Second { get; } = new("second");

    public LoopbackPort Third { get; } = new("third");

    public NfManager Manager { get; }

    public SdnSwitch Switch { get; }

    public ServiceId IdsId { get; }

    /// <summary>Flows by which it was seen that the controller answers.</summary>
    public int Probes { get; private set; }

    public SdnSwitchStatistics Statistics => Switch.GetStatistics();

    /// <summary>Where <c>ovs-ofctl</c> finds the switch.</summary>
    public IPEndPoint Address => Switch.Listening[0];

    /// <summary>Marks of the packets that the instances of the service have seen, instance by instance.</summary>
    public int[][] SeenByIds
    {
        get
        {
            lock (_inspections)
                return [.. _inspections.Select(static one => one.Seen)];
        }
    }

    /// <summary>The endpoint of a controller on the loopback address.</summary>
    public static string At(int port) => string.Create(CultureInfo.InvariantCulture, $"tcp:127.0.0.1:{port}");

    /// <summary>A packet from the first station to the second.</summary>
    public static byte[] There(ushort flow, int mark, int length = 64) => Between(1, 2, flow, mark, length);

    /// <summary>A packet from the second station to the first.</summary>
    public static byte[] Back(ushort flow, int mark, int length = 64) => Between(2, 1, flow, mark, length);

    /// <summary>Waits until so many packets have come to a station, probes aside, and returns their marks.</summary>
    public static async Task<int[]> TakeAsync(LoopbackPort station, int count)
    {
        List<int> marks = [];
        await UntilAsync(
            () =>
            {
                marks.AddRange(station.ReceiveAll().Select(static frame => Frames.Mark(frame)).Where(static mark => mark != Probe));
                return marks.Count >= count;
            },
            $"the arrival of {count} packets at the {station.Info.Name} station");
        return [.. marks];
    }

    /// <summary>Waits until these packets have come to a station.</summary>
    public static async Task ArriveAsync(LoopbackPort station, params int[] marks) => Assert.Equal(marks, await TakeAsync(station, marks.Length));

    /// <summary>Sends packets one way and waits until they have come out at a station, in order.</summary>
    public static async Task PassAsync(LoopbackPort from, LoopbackPort to, params byte[][] frames)
    {
        Assert.Equal(frames.Length, from.SendMany(frames));
        Assert.Equal(frames.Select(static frame => Frames.Mark(frame)), await TakeAsync(to, frames.Length));
    }

    /// <summary>
    /// Sends packets of flows that the director does not know yet, and waits until all have come out at a station. In what order is open: behind the first packets, which the SDN function
    /// sends on, may be others in its ring when the flow is installed and the next ones take the direct way.
    /// </summary>
    public static async Task PassNewAsync(LoopbackPort from, LoopbackPort to, params byte[][] frames)
    {
        Assert.Equal(frames.Length, from.SendMany(frames));
        Assert.Equal(frames.Select(static frame => Frames.Mark(frame)).Order(), (await TakeAsync(to, frames.Length)).Order());
    }

    public string Control(string command, params ReadOnlySpan<string> arguments) => ControlBy("OpenFlow13", command, arguments);

    public string ControlBy(string version, string command, params ReadOnlySpan<string> arguments) => OpenVSwitch.Control(Address, version, command, arguments).ShouldSucceed().Output;

    /// <summary>Waits until a controller decides and has set what it sets in the beginning.</summary>
    public Task UntilControlledAsync(int rules) => UntilAsync(
        // It throws packets away that come before the answer to its first question: so until what it says behind that has come too.
        () => Statistics is { IsControlled: true } now && now.Rules >= rules && Switch.Agent.Sessions.Any(static session => !session.Connection.IsPassive && session.Connection.Counters.Received >= 3),
        "a controller with its first rules");

    /// <summary>Waits until so many flows are known to the flow director.</summary>
    public Task UntilInstalledAsync(int flows) => UntilAsync(() => Statistics.Flows == flows, $"{flows} flows in the flow director");

    /// <summary>Has a learning controller learn both stations: one packet there, which is flooded, and the answers.</summary>
    public async Task IntroduceAsync()
    {
        await PassAsync(First, Second, There(1, 1));
        await PassAsync(Second, First, Back(1, 2));
        await PassAsync(First, Second, There(1, 3));
        await UntilInstalledAsync(2);
        Third.ReceiveAll();
    }

    /// <summary>
    /// Waits until a controller answers: as long as it is not ready it may throw packets away without a word, and what waits then is not asked about again. The packets are of stations of
    /// their own.
    /// </summary>
    public async Task UntilItAnswersAsync(OsKen controller, int rules)
    {
        await UntilAsync(() => Statistics.Rules >= rules || !controller.IsRunning, "the first rules");
        Assert.True(controller.IsRunning, controller.Output);
        await UntilAsync(() => Statistics.PacketsOut > 0, "an answer to a packet", () => Third.Send(Between(7, 8, (ushort)++Probes, Probe, 64)));
        await UntilAsync(() => Statistics.HeldPackets == 0, "the end of all waiting");
    }

    public async ValueTask DisposeAsync()
    {
        await Switch.DisposeAsync();
        await Manager.StopAsync();
        TestContext.Current.TestOutputHelper?.WriteLine($"{Switch.GetStatistics()}\n{Manager.GetStatistics().ConservationLine}\n{string.Join(", ", Manager.GetStatistics().DroppedByReason)}");
        long unaccounted = Manager.GetStatistics().Unaccounted;
        long inUse = Manager.Pool.InUse;
        await Manager.DisposeAsync();
        Assert.Equal((0, 0), (unaccounted, inUse));
    }

    private static byte[] Between(byte from, byte to, ushort flow, int mark, int length)
    {
        byte[] frame = Frames.Udp(0x0A000000u + from, 0x0A000000u + to, from == 1 ? flow : (ushort)80, from == 1 ? (ushort)80 : flow, length, mark);
        BinaryPrimitives.WriteUInt32BigEndian(frame, 0x0200_0000);
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(4), to);
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(6), 0x0200_0000);
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(10), from);
        return frame;
    }

    private Inspecting Inspect(ChainId diverted)
    {
        Inspecting made = new(diverted);
        lock (_inspections)
            _inspections.Add(made);
        return made;
    }

    private sealed class Inspecting(ChainId diverted) : NetworkFunction
    {
        private readonly List<int> _seen = [];

        public int[] Seen
        {
            get
            {
                lock (_seen)
                    return [.. _seen];
            }
        }

        protected override void Process(Packet packet)
        {
            int mark = Frames.Mark(packet.Data);
            lock (_seen)
                _seen.Add(mark);
            if (mark == Suspicious)
                Context.Flows.TrySet(packet, diverted);
        }
    }
}
