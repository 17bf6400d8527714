using System.Collections;
using System.Collections.Concurrent;
using System.Diagnostics;

namespace OpenNetVM.Tests.Rings;

/// <summary>
/// Producers and consumers at work on one ring at the same time. Each element must come out exactly once, whole, and in its producer's
/// order as far as one consumer sees it.
/// </summary>
internal sealed class RingStress(IRingUnderTest<StressElement> ring, int producers, int consumers, int elementsEach)
{
    /// <summary>Raises the number of elements per producer, for soaks.</summary>
    public const string ElementsVariable = "OPENNETVM_RING_STRESS_ELEMENTS";

    private const int MaximumBurst = 48;

    // Not a measure of speed: only the end of a run in which a broken ring has left everyone waiting.
    private static readonly TimeSpan StuckAfter = TimeSpan.FromSeconds(60);

    private readonly ConcurrentQueue<string> _violations = new();
    private BitArray[] _seen = [];
    private int _producersAtWork;
    private long _lastMove;
    private volatile bool _stop;

    public static int DefaultElements =>
        int.TryParse(Environment.GetEnvironmentVariable(ElementsVariable), out int elements) ? elements : 150_000;

    /// <returns>What went wrong; empty when nothing did.</returns>
    public IReadOnlyCollection<string> Run()
    {
        _seen = [.. Enumerable.Range(0, producers).Select(_ => new BitArray(elementsEach))];
        _producersAtWork = producers;
        using var startGate = new ManualResetEventSlim();
        var threads = new List<Thread>();
        for (int i = 0; i < producers; i++)
        {
            int id = i;
            threads.Add(new Thread(() => Guarded(startGate, () => Produce(id))));
        }

        for (int i = 0; i < consumers; i++)
        {
            int id = i;
            threads.Add(new Thread(() => Guarded(startGate, () => Consume(id))));
        }

        foreach (Thread thread in threads)
            thread.Start();
        _lastMove = Stopwatch.GetTimestamp();
        startGate.Set();
        foreach (Thread thread in threads)
            thread.Join();

        for (int producer = 0; producer < producers && !_stop; producer++)
        {
            int missing = _seen[producer].Cast<bool>().Count(seen => !seen);
            if (missing > 0)
                _violations.Enqueue($"{missing} elements of producer {producer} never came out");
        }

        return _violations;
    }

    private void Guarded(ManualResetEventSlim startGate, Action work)
    {
        try
        {
            startGate.Wait();
            work();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            Violate(e.ToString());
        }
    }

    private void Produce(int id)
    {
        var random = new Random(id);
        var burst = new StressElement[MaximumBurst];
        var wait = default(SpinWait);
        int sent = 0;
        while (sent < elementsEach && !_stop)
        {
            int wanted = Math.Min(random.Next(1, MaximumBurst + 1), elementsEach - sent);
            int taken = ring.FillsInPlace && random.Next(3) == 0 ? FillInPlace(id, sent, wanted) : Enqueue(burst, id, sent, wanted);
            sent += taken;
            Pause(ref wait, idle: taken == 0);
        }

        Interlocked.Decrement(ref _producersAtWork);
    }

    private int Enqueue(StressElement[] burst, int id, int sent, int wanted)
    {
        if (wanted == 1)
            return ring.TryEnqueue(new StressElement(id, sent)) ? 1 : 0;
        for (int i = 0; i < wanted; i++)
            burst[i] = new StressElement(id, sent + i);
        return ring.TryEnqueue(burst.AsSpan(0, wanted));
    }

    private int FillInPlace(int id, int sent, int wanted)
    {
        Span<StressElement> slots = ring.Reserve(wanted);
        for (int i = 0; i < slots.Length; i++)
            slots[i] = new StressElement(id, sent + i);
        ring.Commit(slots.Length);
        return slots.Length;
    }

    private void Consume(int id)
    {
        var random = new Random(1000 + id);
        var burst = new StressElement[MaximumBurst];
        int[] next = new int[producers];
        var wait = default(SpinWait);
        while (!_stop)
        {
            // Read before looking: what was put in by then must be found.
            bool last = Volatile.Read(ref _producersAtWork) == 0;
            int wanted = random.Next(1, MaximumBurst + 1);
            int count = 0;
            if (ring.TakesInPlace && random.Next(3) == 0)
            {
                ReadOnlySpan<StressElement> slots = ring.Peek(wanted);
                count = slots.Length;
                slots.CopyTo(burst);
                ring.Advance(count);
            }
            else if (wanted == 1)
            {
                count = ring.TryDequeue(out burst[0]) ? 1 : 0;
            }
            else
            {
                count = ring.TryDequeue(burst.AsSpan(0, wanted));
            }

            foreach (StressElement element in burst.AsSpan(0, count))
                Examine(element, next);
            if (count == 0 && last)
                return;
            Pause(ref wait, idle: count == 0);
        }
    }

    private void Examine(in StressElement element, int[] next)
    {
        if (!element.IsWhole || (uint)element.Producer >= (uint)producers || (uint)element.Number >= (uint)elementsEach)
        {
            Violate($"an element was not whole: producer {element.Producer}, number {element.Number}");
            return;
        }

        if (element.Number < next[element.Producer])
            Violate($"number {element.Number} of producer {element.Producer} came after number {next[element.Producer] - 1}");
        next[element.Producer] = element.Number + 1;
        BitArray seen = _seen[element.Producer];
        lock (seen)
        {
            if (seen[element.Number])
                Violate($"number {element.Number} of producer {element.Producer} came twice");
            seen[element.Number] = true;
        }
    }

    private void Pause(ref SpinWait wait, bool idle)
    {
        if (!idle)
        {
            wait.Reset();
            Volatile.Write(ref _lastMove, Stopwatch.GetTimestamp());
            return;
        }

        wait.SpinOnce(sleep1Threshold: -1);
        if (Stopwatch.GetElapsedTime(Volatile.Read(ref _lastMove)) > StuckAfter)
            Violate("nothing moved any more");
    }

    private void Violate(string what)
    {
        _violations.Enqueue(what);
        _stop = true;
    }
}
