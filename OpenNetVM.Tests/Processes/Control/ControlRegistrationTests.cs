using System.Buffers;
using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging;
using OpenNetVM.Core.Processes;
using OpenNetVM.Core.Processes.Control;
using OpenNetVM.Core.Processes.Interop;
using OpenNetVM.Tests.Dataplane;

namespace OpenNetVM.Tests.Processes.Control;

/// <summary>The client and the listener together, in one process.</summary>
public sealed class ControlRegistrationTests
{
    private readonly CancellationToken _stop = Patience.Start();

    [Fact]
    public async Task An_NF_registers_and_gets_what_the_manager_welcomes_it_with()
    {
        var served = new TaskCompletionSource<(PeerCredentials Peer, RegisterMessage Register)>();
        using var packets = EventFd.Create();
        using var rings = EventFd.Create();
        using var bell = EventFd.Create();
        await using var bench = new ControlBench(async (channel, peer, register, _) =>
        {
            served.SetResult((peer, register));
            channel.SendWithHandles(ControlMessageType.Welcome, 0, Messages.Welcome, [packets, rings, bell]);
            while (await channel.ReadAsync(_stop) is not null)
                continue;
        });
        await using (ControlConnection connection = bench.Connect())
        {
            Assert.Equal(Messages.Welcome, connection.Welcome);
            Assert.Equal(Environment.ProcessId, connection.Manager.ProcessId);
            using var sameBell = EventFd.FromHandle(connection.Doorbell!);
            sameBell.Ring();
            Assert.Equal(1u, bell.Drain());
            Assert.Equal(0u, rings.Drain());
        }

        (PeerCredentials peer, RegisterMessage register) = await served.Task;
        Assert.Equal(new PeerCredentials(Environment.ProcessId, LinuxNative.geteuid(), peer.GroupId), peer);
        Assert.Equal(Messages.Register, register);
        Workers.Until(() => bench.Listener.Open == 0, "the connection is over on the manager's side");
        Assert.Equal((1, 0, 0), (bench.Listener.Accepted, bench.Listener.RefusedPeers, bench.Listener.Malformed));
    }

    [Fact]
    public async Task Requests_are_answered_to_the_threads_that_asked()
    {
        await using var bench = new ControlBench(async (channel, _, _, _) =>
        {
            Welcome(channel);
            while (await channel.ReadAsync(_stop) is ControlFrame frame)
            {
                ScaleMessage scale = Messages.Read<ScaleMessage>(frame.Payload.ToArray());
                channel.TrySend(ControlMessageType.Reply, frame.Request, new ReplyMessage(ReplyStatus.Ok, 2 * scale.Instances, default));
            }
        });
        await using ControlConnection connection = bench.Connect();
        connection.Start(_ => { }, _ => { });
        await Task.WhenAll(Enumerable.Range(0, 4).Select(thread => Workers.OnOtherThread(() =>
        {
            for (int i = 0; i < 1_000; i++)
            {
                ushort instances = (ushort)((thread * 1_000) + i);
                Assert.Equal(2 * instances, connection.Request(ControlMessageType.Scale, new ScaleMessage(instances), ControlBench.Timeout).Value);
            }
        })));
        Assert.Equal(0, connection.UnaskedReplies);
    }

    [Fact]
    public async Task Messages_and_commands_reach_their_handlers_in_order()
    {
        await using var bench = new ControlBench(async (channel, _, _, _) =>
        {
            Welcome(channel);
            // Before the NF has started to read: nothing is lost.
            for (ushort i = 0; i < 100; i++)
                channel.TrySend(ControlMessageType.Message, 0, new InstanceMessage(i, 5, new byte[i]));
            channel.TrySend(ControlMessageType.Command, 0, new CommandMessage(ControlCommand.Stop));
            await channel.ReadAsync(_stop);
        });
        await using ControlConnection connection = bench.Connect();
        List<(ushort Sender, int Length)> messages = [];
        var stopped = new TaskCompletionSource<ControlCommand>();
        connection.Start(message => messages.Add((message.Sender, message.Body.Length)), stopped.SetResult);
        Assert.Equal(ControlCommand.Stop, await stopped.Task.WaitAsync(_stop));
        Assert.Equal(Enumerable.Range(0, 100).Select(i => ((ushort)i, i)), messages);
        Assert.Throws<InvalidOperationException>(() => connection.Start(_ => { }, _ => { }));
    }

    [Fact]
    public async Task A_request_that_is_not_answered_fails_in_time_and_its_late_answer_disturbs_no_other()
    {
        await using var bench = new ControlBench(async (channel, _, _, _) =>
        {
            Welcome(channel);
            uint first = (await channel.ReadAsync(_stop))!.Value.Request;
            uint second = (await channel.ReadAsync(_stop))!.Value.Request;
            channel.TrySend(ControlMessageType.Reply, first, new ReplyMessage(ReplyStatus.Refused, 1, default));
            channel.TrySend(ControlMessageType.Reply, 4_000_000_000, new ReplyMessage(ReplyStatus.Refused, 3, default));
            channel.TrySend(ControlMessageType.Reply, second, new ReplyMessage(ReplyStatus.Ok, 2, default));
            await channel.ReadAsync(_stop);
        });
        await using ControlConnection connection = bench.Connect();
        connection.Start(_ => { }, _ => { });
        ReplyMessage late = connection.Request(ControlMessageType.Scale, new ScaleMessage(1), TimeSpan.FromMilliseconds(1));
        Assert.Equal(ReplyStatus.Failed, late.Status);
        Assert.Contains("did not reply", Encoding.UTF8.GetString(late.Body.Span));
        Assert.Equal(2, connection.Request(ControlMessageType.Scale, new ScaleMessage(2), ControlBench.Timeout).Value);
        Assert.Equal(2, connection.UnaskedReplies);
    }

    [Fact]
    public async Task A_request_under_way_fails_when_the_manager_goes_and_so_do_all_after_it()
    {
        await using var bench = new ControlBench(async (channel, _, _, _) =>
        {
            Welcome(channel);
            await channel.ReadAsync(_stop);
        });
        await using ControlConnection connection = bench.Connect();
        connection.Start(_ => { }, _ => { });
        Assert.Equal(ReplyStatus.Failed, connection.Request(ControlMessageType.Query, new QueryMessage(QueryKind.Services), Timeout.InfiniteTimeSpan).Status);
        Assert.Equal(ControlClosingKind.ClosedByPeer, (await connection.Channel.Closed.WaitAsync(_stop)).Kind);
        ReplyMessage after = connection.Request(ControlMessageType.Query, new QueryMessage(QueryKind.Services), Timeout.InfiniteTimeSpan);
        Assert.Equal(ReplyStatus.Failed, after.Status);
        Assert.Contains("has ended", Encoding.UTF8.GetString(after.Body.Span));
    }

    [Fact]
    public async Task A_request_that_could_never_be_answered_is_refused_at_once()
    {
        await using var bench = new ControlBench(async (channel, _, _, _) =>
        {
            Welcome(channel);
            channel.TrySend(ControlMessageType.Command, 0, new CommandMessage(ControlCommand.Pause));
            await channel.ReadAsync(_stop);
        });
        await using ControlConnection connection = bench.Connect();
        Assert.Throws<InvalidOperationException>(() => connection.Request(ControlMessageType.Scale, new ScaleMessage(1), ControlBench.Timeout));
        var thrown = new TaskCompletionSource<Exception>();
        connection.Start(_ => { }, _ =>
        {
            try
            {
                connection.Request(ControlMessageType.Scale, new ScaleMessage(1), ControlBench.Timeout);
            }
            catch (Exception e)
            {
                thrown.SetResult(e);
            }
        });
        Assert.IsType<InvalidOperationException>(await thrown.Task.WaitAsync(_stop));
    }

    [Fact]
    public async Task A_manager_that_refuses_is_quoted()
    {
        await using var bench = new ControlBench((channel, _, _, _) =>
        {
            channel.TrySend(ControlMessageType.Refused, 0, new RefusedMessage("service 'firewall' has enough instances"));
            return Task.CompletedTask;
        });
        var e = Assert.Throws<NfRegistrationException>(bench.Connect);
        Assert.Equal((NfRegistrationFailure.Refused, "service 'firewall' has enough instances", bench.SocketPath), (e.Failure, e.Reason, e.SocketPath));
        Assert.Contains(e.Reason, e.Message);
    }

    [Fact]
    public void Where_no_manager_is_the_message_says_what_to_do()
    {
        ProcessSkips.UnlessLinux();
        string path = Path.Combine(Path.GetTempPath(), $"onvm-{Guid.NewGuid():N}", "control.sock");
        var absent = Assert.Throws<NfRegistrationException>(() => ControlClient.Connect(path, Messages.Register, ControlBench.Timeout, _stop));
        Assert.Equal(NfRegistrationFailure.Unreachable, absent.Failure);
        Assert.Contains(path, absent.Message);
        Assert.Contains("no such socket", absent.Message);

        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        try
        {
            File.WriteAllText(path, "");
            Assert.Contains("no manager listens", Assert.Throws<NfRegistrationException>(() => ControlClient.Connect(path, Messages.Register, ControlBench.Timeout, _stop)).Message);
        }
        finally
        {
            Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
        }

        string tooLong = "/" + new string('x', 120);
        Assert.Contains("121 bytes", Assert.Throws<ArgumentException>(() => ControlClient.Connect(tooLong, Messages.Register, ControlBench.Timeout, _stop)).Message);
    }

    [Theory]
    [InlineData("silence", NfRegistrationFailure.TimedOut)]
    [InlineData("end", NfRegistrationFailure.Unreachable)]
    [InlineData("garbage", NfRegistrationFailure.Protocol)]
    [InlineData("wrong type", NfRegistrationFailure.Protocol)]
    [InlineData("no handles", NfRegistrationFailure.Protocol)]
    [InlineData("too many handles", NfRegistrationFailure.Protocol)]
    [InlineData("half an answer", NfRegistrationFailure.Unreachable)]
    public async Task An_answer_that_is_not_a_managers_is_told_apart(string answer, NfRegistrationFailure expected)
    {
        ProcessSkips.UnlessLinux();
        string path = Path.Combine(Path.GetTempPath(), $"onvm-{Guid.NewGuid():N}");
        using Socket listener = SocketPair.New();
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen(1);
        var ended = new TaskCompletionSource();
        Task answering = Workers.OnOtherThread(() =>
        {
            using Socket socket = listener.Accept();
            using var bell = EventFd.Create();
            byte[] welcome = Messages.Frame(ControlMessageType.Welcome, 0, Messages.Bytes(Messages.Welcome));
            socket.Receive(new byte[4_096]);
            switch (answer)
            {
                case "silence":
                    ended.Task.Wait(_stop);
                    break;
                case "garbage":
                    socket.Send("HTTP/1.1 400 Bad Request\r\n"u8);
                    break;
                case "wrong type":
                    socket.Send(Messages.Frame(ControlMessageType.Command, 0, [1]));
                    break;
                case "no handles":
                    socket.Send(welcome);
                    break;
                case "too many handles":
                    FileDescriptorPassing.Send(socket, welcome, [bell, bell, bell, bell]);
                    break;
                case "half an answer":
                    FileDescriptorPassing.Send(socket, welcome.AsSpan(0, welcome.Length / 2), [bell, bell]);
                    break;
            }
        });
        TimeSpan patience = answer == "silence" ? TimeSpan.FromMilliseconds(50) : ControlBench.Timeout;
        var e = Assert.Throws<NfRegistrationException>(() => ControlClient.Connect(path, Messages.Register, patience, _stop));
        ended.SetResult();
        await answering;
        Assert.Equal(expected, e.Failure);
    }

    [Fact]
    public async Task A_registration_that_is_cancelled_ends()
    {
        using var cancel = new CancellationTokenSource();
        await using var bench = new ControlBench(async (channel, _, _, stop) =>
        {
            await cancel.CancelAsync();
            await channel.ReadAsync(stop);
        });
        Assert.ThrowsAny<OperationCanceledException>(() => ControlClient.Connect(bench.SocketPath, Messages.Register, Timeout.InfiniteTimeSpan, cancel.Token));
    }

    [Fact]
    public async Task The_first_frame_has_to_be_a_registration_and_whoever_says_something_else_is_told()
    {
        await using var bench = new ControlBench((_, _, _, _) => Task.CompletedTask);
        Assert.Contains("Scale", await AnswerToAsync(bench, Messages.Frame(ControlMessageType.Scale, 0, Messages.Bytes(new ScaleMessage(1)))));
        Assert.Contains("not well-formed", await AnswerToAsync(bench, Messages.Frame(ControlMessageType.Register, 0, [1, 2, 3])));
        byte[] otherVersion = Messages.Frame(ControlMessageType.Register, 0, Messages.Bytes(Messages.Register));
        otherVersion[4] = 2;
        Assert.Contains("version is 2", await AnswerToAsync(bench, otherVersion));
        Assert.Contains("version", await AnswerToAsync(bench, "GET / HTTP/1.1\r\n\r\n"u8.ToArray()));
        Assert.Equal((4, 0, 4), (bench.Listener.Accepted, bench.Listener.RefusedPeers, bench.Listener.Malformed));
        Assert.Equal(4, bench.Logger.Messages.Count(message => message.Contains("Refused process", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_peer_that_is_refused_again_and_again_is_counted_each_time_and_does_not_fill_the_log()
    {
        await using var bench = new ControlBench((_, _, _, _) => Task.CompletedTask);
        byte[] wrong = Messages.Frame(ControlMessageType.Ready, 0, []);
        var clock = Stopwatch.StartNew();
        for (int i = 0; i < 500; i++)
            await AnswerToAsync(bench, wrong);
        Assert.Equal(500, bench.Listener.Malformed);
        // At most ten a second, and one more for what was left out.
        Assert.InRange(bench.Logger.Entries.Count, 10, 11 * (clock.Elapsed.TotalSeconds + 2));
    }

    [Fact]
    public async Task Whoever_says_nothing_in_time_is_told_so()
    {
        await using var bench = new ControlBench((_, _, _, _) => Task.CompletedTask, options => options with { RegisterTimeout = TimeSpan.FromMilliseconds(20) });
        byte[] half = Messages.Frame(ControlMessageType.Register, 0, Messages.Bytes(Messages.Register))[..20];
        Assert.Contains("no registration came", await AnswerToAsync(bench, []));
        Assert.Contains("no registration came", await AnswerToAsync(bench, half));
        Assert.Equal(2, bench.Listener.Malformed);
    }

    [Fact]
    public async Task There_are_never_more_connections_than_allowed_and_the_next_is_told()
    {
        await using var bench = new ControlBench(
            async (channel, _, _, _) =>
            {
                Welcome(channel);
                await channel.ReadAsync(_stop);
            },
            options => options with { MaxConnections = 3 });
        var connections = new List<ControlConnection> { bench.Connect(), bench.Connect(), bench.Connect() };
        var e = Assert.Throws<NfRegistrationException>(bench.Connect);
        Assert.Contains("3 connections", e.Reason);
        Assert.Equal(1, bench.Listener.RefusedPeers);
        await connections[0].DisposeAsync();
        Workers.Until(() => bench.Listener.Open < 3, "one connection is over");
        connections.Add(bench.Connect());
        foreach (ControlConnection connection in connections)
            await connection.DisposeAsync();
    }

    [Fact]
    public async Task A_fault_while_serving_ends_that_connection_alone_and_is_logged()
    {
        int calls = 0;
        await using var bench = new ControlBench(async (channel, _, _, _) =>
        {
            if (Interlocked.Increment(ref calls) == 1)
                throw new InvalidOperationException("not this one");
            Welcome(channel);
            await channel.ReadAsync(_stop);
        });
        Assert.Equal(NfRegistrationFailure.Unreachable, Assert.Throws<NfRegistrationException>(bench.Connect).Failure);
        Workers.Until(() => bench.Logger.Entries.Any(entry => entry.Level == LogLevel.Error), "the fault is logged");
        await using ControlConnection connection = bench.Connect();
        Assert.Equal(Messages.Welcome, connection.Welcome);
    }

    [Fact]
    public async Task Disposing_of_the_listener_tells_those_that_serve_and_waits_for_them()
    {
        int ended = 0;
        var bench = new ControlBench(async (channel, _, _, stop) =>
        {
            Welcome(channel);
            try
            {
                await channel.ReadAsync(stop);
            }
            finally
            {
                Interlocked.Increment(ref ended);
            }
        });
        string path = bench.SocketPath;
        await using ControlConnection first = bench.Connect();
        await using ControlConnection second = bench.Connect();
        second.Start(_ => { }, _ => { });
        await bench.Listener.DisposeAsync();
        Assert.Equal(2, ended);
        Assert.False(File.Exists(path));
        Assert.False(Directory.Exists(Path.GetDirectoryName(path)));
        await second.Channel.Closed.WaitAsync(_stop);
        await bench.DisposeAsync();
    }

    private static void Welcome(ControlChannel channel)
    {
        using var bell = EventFd.Create();
        channel.SendWithHandles(ControlMessageType.Welcome, 0, Messages.Welcome, [bell, bell]);
    }

    /// <summary>The reason with which the listener refuses what a peer says.</summary>
    private async Task<string> AnswerToAsync(ControlBench bench, byte[] said)
    {
        Socket socket = SocketPair.New();
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(bench.SocketPath), _stop);
        await using var peer = new ControlChannel(socket, ControlDirection.ToFunction);
        if (said.Length > 0)
            await socket.SendAsync(said.AsMemory(), SocketFlags.None, _stop);
        ControlFrame frame = (await peer.ReadAsync(_stop))!.Value;
        Assert.Equal(ControlMessageType.Refused, frame.Type);
        string reason = Messages.Read<RefusedMessage>(frame.Payload.ToArray()).Reason;
        Assert.Null(await peer.ReadAsync(_stop));
        return reason;
    }
}
