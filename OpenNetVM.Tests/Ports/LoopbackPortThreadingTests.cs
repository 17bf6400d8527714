using System.Buffers.Binary;
using OpenNetVM.Core.Packets;
using OpenNetVM.Core.Ports;

namespace OpenNetVM.Tests.Ports;

public class LoopbackPortThreadingTests
{
    private static int FramesPerSender { get; } = int.TryParse(Environment.GetEnvironmentVariable("OPENNETVM_LOOPBACK_FRAMES"), out int frames) ? frames : 20_000;

    [Fact]
    public async Task Several_senders_and_takers_lose_nothing_and_keep_each_senders_order()
    {
        const int Senders = 3;
        CancellationToken cancel = TestContext.Current.CancellationToken;
        using LoopbackBench bench = new(new LoopbackPort("lan", new LoopbackPortOptions { Capacity = 64 }));
        using CancellationTokenSource done = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        Task platform = Task.Factory.StartNew(() => Echo(bench, done.Token), cancel, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        Task[] senders = [.. Enumerable.Range(0, Senders).Select(sender => Task.Run(
            async () =>
            {
                byte[] frame = new byte[64];
                frame[0] = (byte)sender;
                for (int i = 0; i < FramesPerSender; i++)
                {
                    BinaryPrimitives.WriteInt32LittleEndian(frame.AsSpan(4), i);
                    await bench.Port.SendAsync(frame, cancel);
                }
            },
            cancel))];

        int[] next = new int[Senders];
        for (int i = 0; i < Senders * FramesPerSender; i++)
        {
            byte[] frame = await bench.Port.ReceiveAsync(cancel);
            Assert.Equal(next[frame[0]]++, BinaryPrimitives.ReadInt32LittleEndian(frame.AsSpan(4)));
        }

        await Task.WhenAll(senders);
        await done.CancelAsync();
        await platform;
        Assert.All(next, count => Assert.Equal(FramesPerSender, count));
        Assert.False(bench.Port.TryReceive(out _));
        PortStatistics statistics = bench.Port.GetStatistics();
        Assert.Equal(Senders * FramesPerSender, statistics.ReceivedPackets);
        Assert.Equal(statistics.ReceivedBytes, statistics.TransmittedBytes);
    }

    [Fact]
    public async Task A_worker_that_sleeps_until_it_is_told_misses_no_frame()
    {
        CancellationToken cancel = TestContext.Current.CancellationToken;
        using SemaphoreSlim told = new(0);
        using LoopbackBench bench = new(new LoopbackPort("lan"), start: false);
        bench.Port.Start(new PortContext(new PortId(0), bench.Pool, receivable: _ => told.Release()));
        Task sender = Task.Run(
            async () =>
            {
                for (int i = 0; i < FramesPerSender; i++)
                    await bench.Port.SendAsync(new byte[60], cancel);
            },
            cancel);

        int received = 0;
        PacketDescriptor[] burst = new PacketDescriptor[4];
        while (received < FramesPerSender)
        {
            int count = bench.Port.Receive(0, burst, bench.Cache);
            bench.Cache.Free(burst.AsSpan(0, count));
            received += count;

            // Were one announcement missing, this would wait until the test run is cancelled.
            if (count == 0)
                await told.WaitAsync(cancel);
        }

        await sender;
    }

    [Fact]
    public async Task A_taker_that_waits_is_woken_by_a_frame_and_by_the_ports_stop()
    {
        CancellationToken cancel = TestContext.Current.CancellationToken;
        using LoopbackBench bench = new(new LoopbackPort("lan"));
        Task<byte[]> first = bench.Port.ReceiveAsync(cancel).AsTask();
        Task<byte[]> second = bench.Port.ReceiveAsync(cancel).AsTask();
        Assert.False(first.IsCompleted);

        bench.Port.Transmit(0, [bench.Packet(new byte[61])], bench.Cache);
        Task<byte[]> woken = await Task.WhenAny(first, second);
        Assert.Equal(61, (await woken).Length);

        bench.Port.Stop();
        await Assert.ThrowsAsync<InvalidOperationException>(() => woken == first ? second : first);
    }

    [Fact]
    public async Task Waiting_can_be_cancelled()
    {
        using LoopbackBench bench = new(new LoopbackPort("lan", new LoopbackPortOptions { Capacity = 1 }));
        using CancellationTokenSource source = new();
        bench.Port.Send(new byte[60]);
        Task<byte[]> taking = bench.Port.ReceiveAsync(source.Token).AsTask();
        Task sending = bench.Port.SendAsync(new byte[61], source.Token).AsTask();
        Assert.False(taking.IsCompleted);
        Assert.False(sending.IsCompleted);

        await source.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => taking);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending);
        Assert.Equal(1, bench.Port.FramesToReceive);
    }

    [Fact]
    public async Task A_sender_that_waits_for_room_is_told_of_the_ports_stop()
    {
        using LoopbackBench bench = new(new LoopbackPort("lan", new LoopbackPortOptions { Capacity = 1 }));
        bench.Port.Send(new byte[60]);
        Task sending = bench.Port.SendAsync(new byte[61], TestContext.Current.CancellationToken).AsTask();

        bench.Port.Stop();

        await Assert.ThrowsAsync<InvalidOperationException>(() => sending);
    }

    private static void Echo(LoopbackBench bench, CancellationToken done)
    {
        PacketDescriptor[] burst = new PacketDescriptor[32];
        while (!done.IsCancellationRequested)
        {
            int received = bench.Port.Receive(0, burst, bench.Cache);
            int sent = 0;
            while (sent < received && !done.IsCancellationRequested)
            {
                int accepted = bench.Port.Transmit(0, burst.AsSpan(sent, received - sent), bench.Cache);
                if (accepted == 0)
                    Thread.Yield();
                sent += accepted;
            }

            bench.Cache.Free(burst.AsSpan(sent, received - sent));
            if (received == 0)
                Thread.Yield();
        }
    }
}
