using System.Collections.Concurrent;
using System.Threading.Channels;
using BenchmarkDotNet.Attributes;
using OpenNetVM.Core.Rings;

namespace OpenNetVM.Benchmarks.Micro;

/// <summary>
/// What a ring's own work costs: a burst of 16-byte elements put in and taken out by the same thread. The mean is per element. Rivals:
/// the bounded channel with one reader and one writer (baseline) and the concurrent queue.
/// </summary>
public class RingBenchmarks
{
    private const int Elements = 4096;
    private const int Capacity = 512;

    private readonly SpscRing<RingElement> _spsc = new(Capacity);
    private readonly MpscRing<RingElement> _mpsc = new(Capacity);
    private readonly MpmcRing<RingElement> _mpmc = new(Capacity);
    private readonly ConcurrentQueue<RingElement> _queue = new();
    private readonly Channel<RingElement> _channel = Channel.CreateBounded<RingElement>(
        new BoundedChannelOptions(Capacity) { SingleReader = true, SingleWriter = true });

    private RingElement[] _source = [];
    private RingElement[] _target = [];

    [Params(1, 8, 32, 128)]
    public int Burst { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _source = new RingElement[Burst];
        _target = new RingElement[Burst];
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = Elements)]
    public int BoundedChannel()
    {
        int moved = 0;
        for (int i = 0; i < Elements; i += _source.Length)
        {
            foreach (RingElement element in _source)
                _channel.Writer.TryWrite(element);
            for (int j = 0; j < _target.Length; j++)
                moved += _channel.Reader.TryRead(out _target[j]) ? 1 : 0;
        }

        return Checked(moved);
    }

    [Benchmark(OperationsPerInvoke = Elements)]
    public int ConcurrentQueue()
    {
        int moved = 0;
        for (int i = 0; i < Elements; i += _source.Length)
        {
            foreach (RingElement element in _source)
                _queue.Enqueue(element);
            for (int j = 0; j < _target.Length; j++)
                moved += _queue.TryDequeue(out _target[j]) ? 1 : 0;
        }

        return Checked(moved);
    }

    [Benchmark(OperationsPerInvoke = Elements)]
    public int Spsc()
    {
        int moved = 0;
        for (int i = 0; i < Elements; i += _source.Length)
        {
            _spsc.TryEnqueue(_source);
            moved += _spsc.TryDequeue(_target);
        }

        return Checked(moved);
    }

    [Benchmark(OperationsPerInvoke = Elements)]
    public int SpscOneByOne()
    {
        int moved = 0;
        for (int i = 0; i < Elements; i += _source.Length)
        {
            for (int j = 0; j < _source.Length; j++)
                _spsc.TryEnqueue(_source[j]);
            for (int j = 0; j < _target.Length; j++)
                moved += _spsc.TryDequeue(out _target[j]) ? 1 : 0;
        }

        return Checked(moved);
    }

    /// <summary>The elements are written and read where they lie, as the data path does it.</summary>
    [Benchmark(OperationsPerInvoke = Elements)]
    public int SpscInPlace()
    {
        int moved = 0;
        ulong sum = 0;
        for (int i = 0; i < Elements;)
        {
            Span<RingElement> slots = _spsc.Reserve(_source.Length);
            for (int j = 0; j < slots.Length; j++)
                slots[j].First = slots[j].Second = (ulong)j;
            _spsc.Commit(slots.Length);
            i += slots.Length;

            ReadOnlySpan<RingElement> ready = _spsc.Peek(_source.Length);
            foreach (ref readonly RingElement element in ready)
                sum += element.First;
            _spsc.Advance(ready.Length);
            moved += ready.Length;
        }

        return Checked(moved) + (int)sum;
    }

    [Benchmark(OperationsPerInvoke = Elements)]
    public int Mpsc()
    {
        int moved = 0;
        for (int i = 0; i < Elements; i += _source.Length)
        {
            _mpsc.TryEnqueue(_source);
            moved += _mpsc.TryDequeue(_target);
        }

        return Checked(moved);
    }

    [Benchmark(OperationsPerInvoke = Elements)]
    public int Mpmc()
    {
        int moved = 0;
        for (int i = 0; i < Elements; i += _source.Length)
        {
            _mpmc.TryEnqueue(_source);
            moved += _mpmc.TryDequeue(_target);
        }

        return Checked(moved);
    }

    private static int Checked(int moved) =>
        moved == Elements ? moved : throw new InvalidOperationException($"{moved} of {Elements} elements were moved.");
}
