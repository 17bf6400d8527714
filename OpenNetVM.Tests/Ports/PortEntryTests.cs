using OpenNetVM.Core.Memory;
using OpenNetVM.Core.Packets;
using OpenNetVM.Core.Ports;

namespace OpenNetVM.Tests.Ports;

public class PortEntryTests
{
    [Fact]
    public async Task Counters_can_be_read_while_workers_make_their_ways_out()
    {
        using NullPort port = new();
        PortEntry entry = new(new PortId(0), port);
        using CancellationTokenSource done = new();
        Task<int> reader = Task.Run(() =>
        {
            int most = 0;
            while (!done.IsCancellationRequested)
            {
                int outputs = 0;
                foreach (PortOutput output in Volatile.Read(ref entry).Outputs)
                    outputs += output.Drops.Total == 0 ? 1 : 0;
                most = Math.Max(most, outputs);
            }

            return most;
        });
        for (int i = 0; i < 40_000; i++)
        {
            PortEntry next = new(new PortId(0), port);
            Volatile.Write(ref entry, next);
            for (int worker = 0; worker < 16; worker++)
                next.AddOutput(capacity: 1, workers: 16);
        }

        await done.CancelAsync();
        Assert.InRange(await reader, 1, 16);
    }

    [Fact]
    public async Task A_worker_that_comes_to_a_queue_waits_for_the_one_that_is_in_the_middle_of_a_burst()
    {
        using SlowPort port = new();
        PortEntry entry = new(new PortId(0), port);
        PortOutput first = Filled(entry);
        Task<int> slow = Task.Run(() => first.Flush(null!));
        await port.Entered.WaitAsync(TestContext.Current.CancellationToken);

        PortOutput second = Filled(entry);
        Task<int> waiting = Task.Run(() => second.Flush(null!));
        Assert.False(await port.Entered.WaitAsync(TimeSpan.FromMilliseconds(100), TestContext.Current.CancellationToken));
        Assert.False(waiting.IsCompleted);
        port.Leave.Release(2);

        Assert.Equal((1, 1), (await slow, await waiting));
    }

    [Fact]
    public void Each_worker_has_a_queue_of_its_own_where_there_are_enough()
    {
        PortEntry entry = new(new PortId(0), new NullPort(new NullPortOptions { TransmitQueues = 2 }));

        Assert.Equal([0, 1, 0], ((int[])[1, 2, 3]).Select(_ => entry.AddOutput(capacity: 1, workers: 3).Queue));
    }

    private static PortOutput Filled(PortEntry entry)
    {
        PortOutput output = entry.AddOutput(capacity: 1, workers: 2);
        output.Room[0] = default;
        output.Added(1);
        return output;
    }

    private sealed class SlowPort : IPort
    {
        public SemaphoreSlim Entered { get; } = new(0);

        public SemaphoreSlim Leave { get; } = new(0);

        public PortInfo Info { get; } = new() { Name = "slow" };

        public PortStatus Status => new(PortState.Running);

        public void Start(PortContext context)
        {
        }

        public int Receive(int queue, Span<PacketDescriptor> burst, PoolCache cache) => 0;

        public int Transmit(int queue, ReadOnlySpan<PacketDescriptor> burst, PoolCache cache)
        {
            Entered.Release();
            Leave.Wait();
            return burst.Length;
        }

        public void Stop()
        {
        }

        public PortStatistics GetStatistics() => default;

        public void Dispose()
        {
            Entered.Dispose();
            Leave.Dispose();
        }
    }
}
