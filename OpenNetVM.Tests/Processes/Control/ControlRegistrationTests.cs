using System.Buffers;
using System.Net.Sockets;
using System.Text;
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
            ControlBench.Welcome(channel);
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
            ControlBench.Welcome(channel);
            // Before the NF has started to read: nothing is lost.
            for (ushort i = 0; i < 100; i++)
                channel.TrySend(ControlMessageType.Message, 0, new InstanceMessage(i, 5, new byte[i]));
            channel.TrySend(ControlMessageType.Command, 0, new CommandMessage(ControlCommand.Stop));
            await channel.ReadAsync(_stop);
        });
        await using ControlConnection connection = bench.Connect();
        List<(ushort Sender, int Length)> messages = [];
        var stopped = new TaskCompletionSource<ControlCommand>(TaskCreationOptions.RunContinuationsAsynchronously);
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
            ControlBench.Welcome(channel);
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
            ControlBench.Welcome(channel);
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
            ControlBench.Welcome(channel);
            channel.TrySend(ControlMessageType.Command, 0, new CommandMessage(ControlCommand.Pause));
            await channel.ReadAsync(_stop);
        });
        await using ControlConnection connection = bench.Connect();
        Assert.Throws<InvalidOperationException>(() => connection.Request(ControlMessageType.Scale, new ScaleMessage(1), ControlBench.Timeout));
        var thrown = new TaskCompletionSource<Exception>(TaskCreationOptions.RunContinuationsAsynchronously);
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
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
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
}
