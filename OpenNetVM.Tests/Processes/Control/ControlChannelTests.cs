using System.Buffers;
using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;
using OpenNetVM.Core.Processes.Control;
using OpenNetVM.Core.Processes.Interop;
using OpenNetVM.Tests.Dataplane;

namespace OpenNetVM.Tests.Processes.Control;

public sealed class ControlChannelTests
{
    private readonly CancellationToken _stop = Patience.Start();

    [Fact]
    public async Task Frames_go_both_ways_with_their_request_numbers()
    {
        using var pair = new SocketPair();
        await using var function = new ControlChannel(pair.First, ControlDirection.ToFunction);
        await using var manager = new ControlChannel(pair.Second, ControlDirection.ToManager);
        Assert.True(function.TrySend(ControlMessageType.Scale, 7, new ScaleMessage(3)));
        ControlFrame asked = (await manager.ReadAsync(_stop))!.Value;
        Assert.Equal((ControlMessageType.Scale, 7u), (asked.Type, asked.Request));
        Assert.Equal(3, Messages.Read<ScaleMessage>(asked.Payload.ToArray()).Instances);
        Assert.True(manager.TrySend(ControlMessageType.Reply, asked.Request, new ReplyMessage(ReplyStatus.Ok, 42, default)));
        ControlFrame answered = (await function.ReadAsync(_stop))!.Value;
        Assert.Equal((ControlMessageType.Reply, 7u), (answered.Type, answered.Request));
        Assert.Equal(42, Messages.Read<ReplyMessage>(answered.Payload.ToArray()).Value);
    }

    [Fact]
    public async Task Every_message_arrives_whole_although_it_comes_byte_by_byte()
    {
        using var pair = new SocketPair();
        await using var manager = new ControlChannel(pair.Second, ControlDirection.ToManager);
        await using var function = new ControlChannel(pair.First, ControlDirection.ToFunction);
        foreach ((ControlMessageType type, byte[] payload) in Messages.Samples)
        {
            bool toManager = ControlProtocol.IsDefined(type, ControlDirection.ToManager);
            ValueTask<ControlFrame?> reading = (toManager ? manager : function).ReadAsync(_stop);
            foreach (byte b in Messages.Frame(type, 1, payload))
                await (toManager ? pair.First : pair.Second).SendAsync(new[] { b }.AsMemory(), SocketFlags.None, _stop);
            ControlFrame frame = (await reading)!.Value;
            Assert.Equal(type, frame.Type);
            Assert.Equal(payload, frame.Payload.ToArray());
        }
    }

    [Fact]
    public async Task The_longest_frames_arrive_whole()
    {
        using var pair = new SocketPair();
        await using var function = new ControlChannel(pair.First, ControlDirection.ToFunction);
        await using var manager = new ControlChannel(pair.Second, ControlDirection.ToManager);
        byte[] body = new byte[ControlProtocol.MaxBody];
        new Random(3).NextBytes(body);
        for (int i = 0; i < 40; i++)
        {
            Assert.True(function.TrySend(ControlMessageType.Post, 0, new PostMessage((ushort)i, false, i, body)));
            PostMessage post = Messages.Read<PostMessage>((await manager.ReadAsync(_stop))!.Value.Payload.ToArray());
            Assert.Equal(i, post.Kind);
            Assert.True(post.Body.Span.SequenceEqual(body));
        }
    }

    [Fact]
    public async Task Frames_sent_by_many_threads_arrive_untorn_and_in_the_order_of_each()
    {
        const int threads = 8;
        const int perThread = 5_000;
        using var pair = new SocketPair();
        await using var function = new ControlChannel(pair.First, ControlDirection.ToFunction);
        await using var manager = new ControlChannel(pair.Second, ControlDirection.ToManager);
        int received = 0;
        Task[] senders = [.. Enumerable.Range(0, threads).Select(thread => Workers.OnOtherThread(() =>
        {
            byte[] body = new byte[thread * 17];
            Array.Fill(body, (byte)thread);
            for (int i = 0; i < perThread; i++)
            {
                // Far below what the queue holds: this test is not about a reader that is too slow.
                Workers.Until(() => (i * threads) - Volatile.Read(ref received) < 2_000, "the reader catches up");
                Assert.True(function.TrySend(ControlMessageType.Post, 0, new PostMessage((ushort)thread, false, i, body)));
            }
        }))];
        var next = new int[threads];
        for (; received < threads * perThread; Volatile.Write(ref received, received + 1))
        {
            PostMessage post = Messages.Read<PostMessage>((await manager.ReadAsync(_stop))!.Value.Payload.ToArray());
            Assert.Equal(next[post.Target]++, post.Kind);
            Assert.Equal(post.Target * 17, post.Body.Length);
            Assert.Equal(-1, post.Body.Span.IndexOfAnyExcept((byte)post.Target));
        }

        await Task.WhenAll(senders);
        Assert.All(next, count => Assert.Equal(perThread, count));
    }

    [Fact]
    public async Task A_read_that_is_cancelled_loses_nothing()
    {
        using var pair = new SocketPair();
        await using var manager = new ControlChannel(pair.Second, ControlDirection.ToManager);
        byte[] frame = Messages.Frame(ControlMessageType.Scale, 5, Messages.Bytes(new ScaleMessage(9)));
        for (int split = 0; split < frame.Length; split++)
        {
            using var cancel = new CancellationTokenSource();
            ValueTask<ControlFrame?> reading = manager.ReadAsync(cancel.Token);
            await pair.First.SendAsync(frame.AsMemory(0, split), SocketFlags.None, _stop);
            await cancel.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await reading);
            await pair.First.SendAsync(frame.AsMemory(split), SocketFlags.None, _stop);
            ControlFrame read = (await manager.ReadAsync(_stop))!.Value;
            Assert.Equal(9, Messages.Read<ScaleMessage>(read.Payload.ToArray()).Instances);
        }
    }

    [Fact]
    public async Task A_second_read_at_the_same_time_is_refused()
    {
        using var pair = new SocketPair();
        await using var manager = new ControlChannel(pair.Second, ControlDirection.ToManager);
        ValueTask<ControlFrame?> reading = manager.ReadAsync(_stop);
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await manager.ReadAsync(_stop));
        pair.First.Dispose();
        Assert.Null(await reading);
    }

    [Fact]
    public async Task The_end_of_the_other_side_is_told_after_the_frames_before_it()
    {
        using var pair = new SocketPair();
        await using var manager = new ControlChannel(pair.Second, ControlDirection.ToManager);
        await using (var function = new ControlChannel(pair.First, ControlDirection.ToFunction))
        {
            for (ushort i = 0; i < 300; i++)
                function.TrySend(ControlMessageType.Scale, 0, new ScaleMessage(i));
        }

        for (ushort i = 0; i < 300; i++)
            Assert.Equal(i, Messages.Read<ScaleMessage>((await manager.ReadAsync(_stop))!.Value.Payload.ToArray()).Instances);
        Assert.Null(await manager.ReadAsync(_stop));
        Assert.Null(await manager.ReadAsync(_stop));
        Assert.Equal(ControlClosingKind.ClosedByPeer, (await manager.Closed).Kind);
        Assert.False(manager.TrySend(ControlMessageType.Command, 0, new CommandMessage(ControlCommand.Stop)));
    }

    [Fact]
    public async Task What_a_peer_said_before_it_died_is_read_although_sending_to_it_failed()
    {
        using var pair = new SocketPair();
        await using var manager = new ControlChannel(pair.Second, ControlDirection.ToManager);
        pair.First.Send(Messages.Frame(ControlMessageType.Fault, 0, Messages.Bytes(new FaultMessage("E", "last words", "", []))));
        pair.First.Dispose();
        manager.TrySend(ControlMessageType.Command, 0, new CommandMessage(ControlCommand.Pause));
        ControlClosing closing = await manager.Closed;
        Assert.Equal(ControlClosingKind.ClosedByPeer, closing.Kind);
        Assert.Equal("last words", Messages.Read<FaultMessage>((await manager.ReadAsync(_stop))!.Value.Payload.ToArray()).Message);
        Assert.Null(await manager.ReadAsync(_stop));
    }

    [Fact]
    public async Task Disposing_ends_a_read_that_waits_and_sends_what_was_queued()
    {
        using var pair = new SocketPair();
        var function = new ControlChannel(pair.First, ControlDirection.ToFunction);
        await using var manager = new ControlChannel(pair.Second, ControlDirection.ToManager);
        ValueTask<ControlFrame?> reading = function.ReadAsync(_stop);
        byte[] body = new byte[60_000];
        // More than the socket takes at once.
        for (int i = 0; i < 12; i++)
            Assert.True(function.TrySend(ControlMessageType.Post, 0, new PostMessage(1, false, i, body)));
        Task disposing = function.DisposeAsync().AsTask();
        for (int i = 0; i < 12; i++)
            Assert.Equal(i, Messages.Read<PostMessage>((await manager.ReadAsync(_stop))!.Value.Payload.ToArray()).Kind);
        await disposing;
        Assert.Null(await reading);
        Assert.Equal(ControlClosingKind.ClosedHere, (await function.Closed).Kind);
        Assert.Null(await function.ReadAsync(_stop));
        Assert.False(function.TrySend(ControlMessageType.Ready, 0, default(EmptyMessage)));
        await function.DisposeAsync();
    }

    [Fact]
    public async Task Handles_go_with_the_first_frame_and_later_frames_follow_it()
    {
        using var pair = new SocketPair();
        await using var manager = new ControlChannel(pair.Second, ControlDirection.ToManager);
        using var bell = EventFd.Create();
        manager.SendWithHandles(ControlMessageType.Welcome, 0, Messages.Welcome, [bell, bell]);
        Assert.True(manager.TrySend(ControlMessageType.Command, 0, new CommandMessage(ControlCommand.Resume)));
        var handles = new SafeFileHandle?[2];
        byte[] frame = new byte[Messages.Frame(ControlMessageType.Welcome, 0, Messages.Bytes(Messages.Welcome)).Length];
        Assert.Equal(frame.Length, FileDescriptorPassing.Receive(pair.First, frame, handles, out int count));
        Assert.Equal(2, count);
        Assert.All(handles, handle => handle!.Dispose());
        Assert.Equal(Messages.Welcome, Messages.Read<WelcomeMessage>(frame[ControlProtocol.HeaderLength..]));
        await using var function = new ControlChannel(pair.First, ControlDirection.ToFunction);
        Assert.Equal(ControlMessageType.Command, (await function.ReadAsync(_stop))!.Value.Type);
    }

    [Fact]
    public async Task Handles_to_a_peer_that_is_gone_are_refused_and_the_channel_ends()
    {
        using var pair = new SocketPair();
        await using var manager = new ControlChannel(pair.Second, ControlDirection.ToManager);
        using var bell = EventFd.Create();
        pair.First.Dispose();
        Assert.Throws<IOException>(() => manager.SendWithHandles(ControlMessageType.Welcome, 0, Messages.Welcome, [bell]));
        Assert.Equal(ControlClosingKind.Failed, (await manager.Closed).Kind);
        Assert.Throws<IOException>(() => manager.SendWithHandles(ControlMessageType.Welcome, 0, Messages.Welcome, [bell]));
    }

    [Fact]
    public async Task A_payload_that_is_too_long_is_the_callers_error_and_harms_nothing()
    {
        using var pair = new SocketPair();
        await using var function = new ControlChannel(pair.First, ControlDirection.ToFunction);
        await using var manager = new ControlChannel(pair.Second, ControlDirection.ToManager);
        Assert.Throws<ArgumentException>(() => function.TrySend(ControlMessageType.Post, 0, new PostMessage(1, true, 1, new byte[ControlProtocol.MaxBody + 1])));
        Assert.Contains("65,537", Assert.Throws<ArgumentException>(() => function.TrySend(ControlMessageType.Post, 0, new Oversized())).Message);
        Assert.True(function.TrySend(ControlMessageType.Ready, 3, default(EmptyMessage)));
        Assert.Equal(3u, (await manager.ReadAsync(_stop))!.Value.Request);
    }

    private readonly struct Oversized : IControlPayload
    {
        public void Write(IBufferWriter<byte> writer) => writer.Write(new byte[ControlProtocol.MaxPayload + 1]);
    }
}
