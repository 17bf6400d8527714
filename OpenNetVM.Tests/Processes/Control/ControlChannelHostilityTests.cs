using System.Buffers;
using System.Net.Sockets;
using OpenNetVM.Core.Processes.Control;
using OpenNetVM.Tests.Dataplane;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.Processes.Control;

/// <summary>What another process can do with its end of a control connection.</summary>
[Collection(SoakCollection.Name)]
public sealed class ControlChannelHostilityTests
{
    private readonly CancellationToken _stop = Patience.Start();

    [Fact]
    public async Task More_than_a_million_mutated_frames_go_through_a_channel_in_bounded_memory()
    {
        const int frames = 1_200_000;
        using var pair = new SocketPair();
        await using var manager = new ControlChannel(pair.Second, ControlDirection.ToManager);
        (ControlMessageType Type, byte[] Payload)[] samples =
            [.. Messages.Samples.Where(sample => ControlProtocol.IsDefined(sample.Type, ControlDirection.ToManager))];
        long sum = 0;
        Task sending = Workers.OnOtherThread(() =>
        {
            var random = new Random(7);
            var batch = new ArrayBufferWriter<byte>();
            for (int i = 0; i < frames; i++)
            {
                (ControlMessageType type, byte[] payload) = samples[random.Next(samples.Length)];
                // Well-formed headers, so that the stream goes on: whatever may be wrong with the payload.
                byte[] changed = random.Next(4) switch
                {
                    0 => payload[..random.Next(payload.Length + 1)],
                    1 => [.. payload, .. new byte[random.Next(100)]],
                    _ => [.. payload],
                };
                for (int mutations = changed.Length == 0 ? 0 : random.Next(5); mutations > 0; mutations--)
                    changed[random.Next(changed.Length)] = (byte)random.Next(256);
                if (i % 10_000 == 0)
                    changed = new byte[ControlProtocol.MaxPayload];
                sum += i;
                batch.Write(Messages.Frame(type, (uint)i, changed));
                if (batch.WrittenCount < 32_768 && i + 1 < frames)
                    continue;
                ReadOnlySpan<byte> rest = batch.WrittenSpan;
                while (!rest.IsEmpty)
                    rest = rest[pair.First.Send(rest)..];
                batch.ResetWrittenCount();
            }
        });

        long seen = 0;
        int accepted = 0;
        long heap = 0;
        for (int i = 0; i < frames; i++)
        {
            ControlFrame frame = (await manager.ReadAsync(_stop))!.Value;
            seen += frame.Request;
            if (Messages.Kinds[frame.Type](frame.Payload) is not null)
                accepted++;
            if (i == 200_000)
                heap = GC.GetTotalMemory(forceFullCollection: true);
            if (i > 200_000 && i % 200_000 == 0)
                Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - heap, long.MinValue, 16L << 20);
        }

        await sending;
        Assert.Equal(sum, seen);
        TestContext.Current.TestOutputHelper?.WriteLine($"{accepted:N0} of {frames:N0} payloads were well-formed");
        Assert.InRange(accepted, frames / 10, frames * 9 / 10);
        Assert.False(manager.Closed.IsCompleted);
    }

    [Fact]
    public async Task Thousands_of_peers_with_random_bytes_are_told_apart_from_the_protocol()
    {
        var random = new Random(11);
        for (int i = 0; i < 3_000; i++)
        {
            using var pair = new SocketPair();
            await using var manager = new ControlChannel(pair.Second, ControlDirection.ToManager);
            byte[] bytes = new byte[random.Next(12, 3_000)];
            random.NextBytes(bytes);
            // Half of them begin well.
            if (i % 2 == 0)
                bytes = [.. Messages.Frame(ControlMessageType.Ready, 0, []), .. bytes];
            pair.First.Send(bytes);
            if (i % 2 == 0)
                Assert.Equal(ControlMessageType.Ready, (await manager.ReadAsync(_stop))!.Value.Type);
            await Assert.ThrowsAsync<ControlProtocolException>(async () =>
            {
                // By chance a few bytes are a frame: then the next are not.
                while (await manager.ReadAsync(_stop) is not null)
                    continue;
            });
            Assert.Equal(ControlClosingKind.Malformed, (await manager.Closed).Kind);
            Assert.Null(await manager.ReadAsync(_stop));
            // What is wrong can still be told.
            Assert.True(manager.TrySend(ControlMessageType.Refused, 0, new RefusedMessage("no")));
        }
    }

    [Fact]
    public async Task A_length_that_lies_is_refused_before_anything_is_stored_for_it()
    {
        using var pair = new SocketPair();
        await using var manager = new ControlChannel(pair.Second, ControlDirection.ToManager);
        byte[] header = new byte[ControlProtocol.HeaderLength];
        ControlFrameReader.WriteHeader(header, int.MaxValue, ControlMessageType.Post, 0);
        pair.First.Send(header);
        var e = await Assert.ThrowsAsync<ControlProtocolException>(async () => await manager.ReadAsync(_stop));
        Assert.Contains("2,147,483,647", e.Message);
    }

    [Fact]
    public async Task Half_a_frame_and_the_end_is_the_end()
    {
        byte[] frame = Messages.Frame(ControlMessageType.Register, 0, Messages.Bytes(Messages.Register));
        for (int length = 1; length < frame.Length; length += 5)
        {
            using var pair = new SocketPair();
            await using var manager = new ControlChannel(pair.Second, ControlDirection.ToManager);
            pair.First.Send(frame.AsSpan(0, length));
            pair.First.Dispose();
            Assert.Null(await manager.ReadAsync(_stop));
            ControlClosing closing = await manager.Closed;
            Assert.Equal(ControlClosingKind.ClosedByPeer, closing.Kind);
            Assert.Contains($"{length} bytes", closing.Reason);
        }
    }

    [Fact]
    public async Task A_peer_that_does_not_read_loses_the_connection_and_nobody_waits_for_it()
    {
        using var pair = new SocketPair();
        await using var manager = new ControlChannel(pair.Second, ControlDirection.ToManager);
        byte[] body = new byte[1_000];
        long sent = 0;
        while (manager.TrySend(ControlMessageType.Message, 0, new InstanceMessage(1, 2, body)))
        {
            sent += body.Length;
            Assert.InRange(sent, 0, ControlChannel.MaxQueued + (16L << 20));
        }

        Assert.InRange(sent, ControlChannel.MaxQueued / 2, long.MaxValue);
        ControlClosing closing = await manager.Closed;
        Assert.Equal(ControlClosingKind.NotRead, closing.Kind);
        Assert.Contains("does not read", closing.Reason);
        Assert.Null(await manager.ReadAsync(_stop));
        Assert.False(manager.TrySend(ControlMessageType.Message, 0, new InstanceMessage(1, 2, body)));
    }

    [Fact]
    public async Task A_peer_that_does_not_read_its_welcome_is_not_waited_for()
    {
        using var pair = new SocketPair();
        // So full that not even the first byte goes.
        pair.Second.Blocking = false;
        while (TrySend(pair.Second, new byte[65_536]) || TrySend(pair.Second, new byte[1]))
            continue;
        pair.Second.Blocking = true;
        await using var manager = new ControlChannel(pair.Second, ControlDirection.ToManager);
        Assert.Throws<TimeoutException>(() => manager.SendWithHandles(ControlMessageType.Welcome, 0, Messages.Welcome, [], timeoutMilliseconds: 20));
        Assert.Equal(ControlClosingKind.NotRead, (await manager.Closed).Kind);
    }

    [Fact]
    public async Task Frames_that_wait_in_one_buffer_are_not_all_taken_in_one_turn()
    {
        using var pair = new SocketPair();
        await using var manager = new ControlChannel(pair.Second, ControlDirection.ToManager);
        const int frames = 500;
        pair.First.Send(Enumerable.Repeat(Messages.Frame(ControlMessageType.Ready, 0, []), frames).SelectMany(frame => frame).ToArray());
        await manager.ReadAsync(_stop);
        int turns = 0;
        for (int i = 1; i < frames; i++)
        {
            ValueTask<ControlFrame?> reading = manager.ReadAsync(_stop);
            if (!reading.IsCompleted)
                turns++;
            Assert.NotNull(await reading);
        }

        // Without turns there would be none at all: every frame is there already.
        Assert.InRange(turns, 1, frames / 32);
    }

    [Fact]
    public async Task Floods_of_many_peers_leave_another_its_turn()
    {
        const int flooders = 8;
        using var stop = new CancellationTokenSource();
        byte[] flood = [.. Enumerable.Repeat(Messages.Frame(ControlMessageType.Scale, 1, Messages.Bytes(new ScaleMessage(1))), 500).SelectMany(frame => frame)];
        SocketPair[] pairs = [.. Enumerable.Range(0, flooders).Select(_ => new SocketPair())];
        long flooded = 0;
        Task[] serving = [.. pairs.Select(pair => Task.Run(async () =>
        {
            await using var manager = new ControlChannel(pair.Second, ControlDirection.ToManager);
            while (await manager.ReadAsync(_stop) is not null)
                Interlocked.Increment(ref flooded);
        }, _stop))];
        Task[] flooding = [.. pairs.Select(pair => Workers.OnOtherThread(() =>
        {
            while (!stop.IsCancellationRequested)
                pair.First.Send(flood);
        }))];

        using var honest = new SocketPair();
        await using var client = new ControlChannel(honest.First, ControlDirection.ToFunction);
        Task served = Task.Run(async () =>
        {
            await using var manager = new ControlChannel(honest.Second, ControlDirection.ToManager);
            while (await manager.ReadAsync(_stop) is ControlFrame frame)
                manager.TrySend(ControlMessageType.Reply, frame.Request, new ReplyMessage(ReplyStatus.Ok, 0, default));
        }, _stop);
        for (uint i = 1; i <= 200; i++)
        {
            client.TrySend(ControlMessageType.Scale, i, new ScaleMessage(1));
            Assert.Equal(i, (await client.ReadAsync(_stop).AsTask().WaitAsync(Workers.Hang, _stop))!.Value.Request);
        }

        await stop.CancelAsync();
        await Task.WhenAll(flooding);
        foreach (SocketPair pair in pairs)
            pair.First.Dispose();
        await Task.WhenAll(serving);
        await client.DisposeAsync();
        await served;
        Assert.InRange(Volatile.Read(ref flooded), 1, long.MaxValue);
        Assert.All(pairs, pair => pair.Dispose());
    }

    private static bool TrySend(Socket socket, byte[] bytes)
    {
        socket.Send(bytes, 0, bytes.Length, SocketFlags.None, out SocketError error);
        return error == SocketError.Success;
    }
}
