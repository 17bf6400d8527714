using System.Threading.Channels;
using BenchmarkDotNet.Attributes;
using OpenNetVM.Core.Rings;

namespace OpenNetVM.Benchmarks.Micro;

/// <summary>
/// Elements of 16 bytes from one thread to another, as fast as both can: the mean is per element. Needs two free processors; what it
/// shows there is above all the transfer of cache lines between them. Rival: the bounded channel with one reader and one writer.
/// </summary>
public class RingHandoverBenchmarks
{
    private const int Elements = 4 << 20;
    private const int Capacity = 4096;

    private readonly SpscRing<RingElement> _spsc = new(Capacity);
    private readonly MpscRing<RingElement> _mpsc = new(Capacity);
    private readonly MpmcRing<RingElement> _mpmc = new(Capacity);
    private readonly Channel<RingElement> _channel = Channel.CreateBounded<RingElement>(
        new BoundedChannelOptions(Capacity) { SingleReader = true, SingleWriter = true });

    [Params(1, 32)]
    public int Burst { get; set; }

    [Benchmark(Baseline = true, OperationsPerInvoke = Elements)]
    public ulong BoundedChannel() => Transfer(
        items =>
        {
            int taken = 0;
            while (taken < items.Length && _channel.Writer.TryWrite(items[taken]))
                taken++;
            return taken;
        },
        items =>
        {
            int taken = 0;
            while (taken < items.Length && _channel.Reader.TryRead(out items[taken]))
                taken++;
            return taken;
        });

    [Benchmark(OperationsPerInvoke = Elements)]
    public ulong Spsc() => Transfer(items => _spsc.TryEnqueue(items), items => _spsc.TryDequeue(items));

    [Benchmark(OperationsPerInvoke = Elements)]
    public ulong Mpsc() => Transfer(items => _mpsc.TryEnqueue(items), items => _mpsc.TryDequeue(items));

    [Benchmark(OperationsPerInvoke = Elements)]
    public ulong Mpmc() => Transfer(items => _mpmc.TryEnqueue(items), items => _mpmc.TryDequeue(items));

    private ulong Transfer(Put put, Take take)
    {
        var producer = new Thread(() => Produce(put));
        producer.Start();
        var burst = new RingElement[Burst];
        ulong sum = 0;
        int received = 0;
        var wait = default(SpinWait);
        while (received < Elements)
        {
            int count = take(burst);
            for (int i = 0; i < count; i++)
                sum += burst[i].First;
            received += count;
            Pause(ref wait, count == 0);
        }

        producer.Join();
        const ulong expected = (ulong)Elements * (Elements - 1) / 2;
        return sum == expected ? sum : throw new InvalidOperationException($"The elements add up to {sum}, not {expected}.");
    }

    private void Produce(Put put)
    {
        var burst = new RingElement[Burst];
        var wait = default(SpinWait);
        int sent = 0;
        while (sent < Elements)
        {
            int wanted = Math.Min(burst.Length, Elements - sent);
            for (int i = 0; i < wanted; i++)
                burst[i].First = (ulong)(sent + i);
            int count = put(burst.AsSpan(0, wanted));
            sent += count;
            Pause(ref wait, count == 0);
        }
    }

    private static void Pause(ref SpinWait wait, bool idle)
    {
        // Gives the core away after a few turns: with fewer processors than threads the other side must come to run.
        if (idle)
            wait.SpinOnce(sleep1Threshold: -1);
        else
            wait.Reset();
    }

    private delegate int Put(ReadOnlySpan<RingElement> items);

    private delegate int Take(Span<RingElement> items);
}
