using System.Text;
using OpenNetVM.Core.Memory;
using OpenNetVM.Core.Processes;
using OpenNetVM.Core.Processes.Control;
using OpenNetVM.Core.Processes.Interop;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.Processes.Control;

/// <summary>Registration between real processes, of the same user and of another.</summary>
public sealed class OtherProcessTests
{
    private const int PacketBytes = 1 << 20;
    private const int RingBytes = 8_192;
    private const UnixFileMode Everybody = (UnixFileMode)0b110_110_110;

    private readonly CancellationToken _stop = Patience.Start();

    [Fact]
    public async Task Memory_that_is_handed_over_is_the_same_and_nobody_can_shrink_or_grow_it()
    {
        using var packets = MemoryRegion.Allocate(PacketBytes, new MemoryRegionOptions { Shared = true, HugePages = HugePagePolicy.Never });
        using var rings = MemoryRegion.Allocate(RingBytes, new MemoryRegionOptions { Shared = true });
        using var bell = EventFd.Create();
        await using var bench = new ControlBench(ServeAsync(packets, rings, bell));
        "from the manager"u8.CopyTo(packets.Slice(PacketBytes - 16, 16));
        ChildScenario child = await Task.Run(() => ChildScenario.Run(Register, bench.SocketPath), _stop);
        Assert.Equal("from the manager; shrink refused, grow refused; reply 21", child.Result);
        Assert.Equal("from the NF"u8, rings.Slice(0, 11));
        Assert.Equal(3u, bell.Drain());
        Assert.Equal(0, packets.Slice(0, 1)[0]);
    }

    [Fact]
    public async Task The_death_of_an_NF_ends_its_connection()
    {
        using var region = MemoryRegion.Allocate(RingBytes, new MemoryRegionOptions { Shared = true });
        using var bell = EventFd.Create();
        var closed = new TaskCompletionSource<ControlClosing>(TaskCreationOptions.RunContinuationsAsynchronously);
        var registered = new TaskCompletionSource<PeerCredentials>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var bench = new ControlBench(async (channel, peer, _, _) =>
        {
            channel.SendWithHandles(ControlMessageType.Welcome, 0, Messages.Welcome, [region.SharedHandle!, region.SharedHandle!, bell]);
            registered.SetResult(peer);
            while (await channel.ReadAsync(_stop) is not null)
                continue;
            closed.SetResult(await channel.Closed);
        });
        using var child = new LivingScenario(RegisterAndWait, bench.SocketPath);
        Assert.Equal("registered", child.ReadLine());
        Assert.Equal(child.ProcessId, (await registered.Task.WaitAsync(_stop)).ProcessId);
        child.Kill();
        Assert.Equal(ControlClosingKind.ClosedByPeer, (await closed.Task.WaitAsync(_stop)).Kind);
        ProcessPlatform.Until(() => bench.Listener.Open == 0, "the connection is over");
    }

    [Fact]
    public async Task The_death_of_the_manager_ends_the_NFs_connection()
    {
        ProcessSkips.UnlessLinux();
        string folder = ControlBench.NewFolder();
        try
        {
            using var manager = new LivingScenario(Manage, folder);
            string path = manager.ReadLine();
            await using ControlConnection connection = ControlClient.Connect(path, Messages.Register, ControlBench.Timeout, _stop);
            Assert.Equal(manager.ProcessId, connection.Manager.ProcessId);
            connection.Start(_ => { }, _ => { });
            manager.Kill();
            Assert.Equal(ControlClosingKind.ClosedByPeer, (await connection.Channel.Closed.WaitAsync(_stop)).Kind);
            Assert.Contains("no manager listens", Assert.Throws<NfRegistrationException>(() => ControlClient.Connect(path, Messages.Register, ControlBench.Timeout, _stop)).Message);

            // A new one takes the place, and the NF back.
            using var next = new LivingScenario(Manage, folder);
            Assert.Equal(path, next.ReadLine());
            await using ControlConnection again = ControlClient.Connect(path, Messages.Register, ControlBench.Timeout, _stop);
            Assert.Equal(next.ProcessId, again.Manager.ProcessId);
            Assert.Equal("", next.End());
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Another_user_who_is_allowed_registers_and_is_known_by_its_number()
    {
        ProcessSkips.UnlessRoot();
        using var packets = MemoryRegion.Allocate(PacketBytes, new MemoryRegionOptions { Shared = true, HugePages = HugePagePolicy.Never });
        using var rings = MemoryRegion.Allocate(RingBytes, new MemoryRegionOptions { Shared = true });
        using var bell = EventFd.Create();
        PeerCredentials seen = default;
        Func<ControlChannel, PeerCredentials, RegisterMessage, CancellationToken, Task> serve = ServeAsync(packets, rings, bell);
        await using var bench = new ControlBench(
            (channel, peer, register, stop) =>
            {
                seen = peer;
                return serve(channel, peer, register, stop);
            },
            options => options with { AllowedUsers = new HashSet<uint> { ProcessSkips.Stranger }, GroupId = ProcessSkips.Stranger });
        "from the manager"u8.CopyTo(packets.Slice(PacketBytes - 16, 16));
        string result = await Task.Run(() => ProcessSkips.RunAsStranger(Register, bench.SocketPath), _stop);
        Assert.Equal("from the manager; shrink refused, grow refused; reply 21", result);
        Assert.Equal((ProcessSkips.Stranger, ProcessSkips.Stranger), (seen.UserId, seen.GroupId));
        // Root is always allowed.
        Assert.Equal(Messages.Welcome.ServiceName, bench.Connect().Welcome.ServiceName);
    }

    [Fact]
    public async Task Another_user_who_is_not_allowed_is_refused_with_the_reason_although_it_reaches_the_socket()
    {
        ProcessSkips.UnlessRoot();
        bool served = false;
        await using var bench = new ControlBench(
            (_, _, _, _) =>
            {
                served = true;
                return Task.CompletedTask;
            },
            options => options with { SocketMode = Everybody });
        string result = await Task.Run(() => ProcessSkips.RunAsStranger(TryRegister, bench.SocketPath), _stop);
        Assert.StartsWith("Refused: user 65534 may not register", result);
        Assert.Equal((1, 1, 0), (bench.Listener.Accepted, bench.Listener.RefusedPeers, bench.Listener.Malformed));
        Assert.False(served);
        Assert.Contains(bench.Logger.Messages, message => message.Contains("of user 65534", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Another_user_does_not_even_reach_a_socket_that_is_its_owners()
    {
        ProcessSkips.UnlessRoot();
        await using var bench = new ControlBench((_, _, _, _) => Task.CompletedTask);
        string result = await Task.Run(() => ProcessSkips.RunAsStranger(TryRegister, bench.SocketPath), _stop);
        Assert.StartsWith("Unreachable: this user may not use the socket", result);
        Assert.Equal(0, bench.Listener.Accepted);
    }

    private Func<ControlChannel, PeerCredentials, RegisterMessage, CancellationToken, Task> ServeAsync(MemoryRegion packets, MemoryRegion rings, EventFd bell) =>
        async (channel, _, register, _) =>
        {
            WelcomeMessage welcome = Messages.Welcome with { ServiceName = register.Service, PacketRegionLength = packets.Length, RingRegionLength = rings.Length };
            channel.SendWithHandles(ControlMessageType.Welcome, 0, welcome, [packets.SharedHandle!, rings.SharedHandle!, bell]);
            while (await channel.ReadAsync(_stop) is ControlFrame frame)
                channel.TrySend(ControlMessageType.Reply, frame.Request, new ReplyMessage(ReplyStatus.Ok, 21, default));
        };

    private static string Register(string[] arguments)
    {
        ControlConnection connection = ControlClient.Connect(arguments[0], Messages.Register, ControlBench.Timeout);
        using var packets = MemoryRegion.Attach(connection.PacketRegion, connection.Welcome.PacketRegionLength);
        using var rings = MemoryRegion.Attach(connection.RingRegion, connection.Welcome.RingRegionLength);
        string read = Encoding.UTF8.GetString(packets.Slice((int)packets.Length - 16, 16));
        "from the NF"u8.CopyTo(rings.Slice(0, 11));
        string shrink = MemoryRegionNative.ftruncate(connection.PacketRegion, 4_096) == 0 ? "done" : "refused";
        string grow = MemoryRegionNative.ftruncate(connection.PacketRegion, 2 * packets.Length) == 0 ? "done" : "refused";
        packets.Slice((int)packets.Length - 1, 1)[0] = 1;
        using var bell = EventFd.FromHandle(connection.Doorbell!);
        for (int i = 0; i < 3; i++)
            bell.Ring();
        connection.Start(_ => { }, _ => { });
        ReplyMessage reply = connection.Request(ControlMessageType.Scale, new ScaleMessage(2), ControlBench.Timeout);
        connection.DisposeAsync().AsTask().Wait();
        return $"{read}; shrink {shrink}, grow {grow}; reply {reply.Value}";
    }

    private static string RegisterAndWait(string[] arguments)
    {
        ControlConnection connection = ControlClient.Connect(arguments[0], Messages.Register, ControlBench.Timeout);
        LivingScenario.SayAndWait("registered");
        connection.DisposeAsync().AsTask().Wait();
        return "";
    }

    private static string TryRegister(string[] arguments)
    {
        try
        {
            ControlClient.Connect(arguments[0], Messages.Register, ControlBench.Timeout).DisposeAsync().AsTask().Wait();
            return "registered";
        }
        catch (NfRegistrationException e)
        {
            return $"{e.Failure}: {e.Reason}";
        }
    }

    private static string Manage(string[] arguments)
    {
        using var directory = ControlDirectory.Open(Path.Combine(arguments[0], "onvm"));
        using var bell = EventFd.Create();
        var listener = new ControlListener(new ControlListenerOptions
        {
            Directory = directory,
            Domain = ControlBench.Domain,
            Serve = async (channel, _, _, stop) =>
            {
                channel.SendWithHandles(ControlMessageType.Welcome, 0, Messages.Welcome, [bell, bell]);
                await channel.ReadAsync(stop);
            },
        });
        LivingScenario.SayAndWait(listener.SocketPath);
        listener.DisposeAsync().AsTask().Wait();
        return "";
    }
}
