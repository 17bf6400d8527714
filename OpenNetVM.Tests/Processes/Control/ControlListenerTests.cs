using System.Buffers;
using System.Diagnostics;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using OpenNetVM.Core.Processes;
using OpenNetVM.Core.Processes.Control;
using OpenNetVM.Tests.Dataplane;

namespace OpenNetVM.Tests.Processes.Control;

/// <summary>What the manager's side does with peers that do not register as they should, and with its own faults and its end.</summary>
public sealed class ControlListenerTests
{
    private readonly CancellationToken _stop = Patience.Start();

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
                ControlBench.Welcome(channel);
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
            ControlBench.Welcome(channel);
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
            ControlBench.Welcome(channel);
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
