using System.Runtime.InteropServices;
using OpenNetVM.Core.Memory;
using OpenNetVM.Core.Rings;

namespace OpenNetVM.Tests.Rings;

/// <summary>
/// Another process can write anything into a shared ring. What this process does with it must stay within the ring's memory, return
/// counts that are possible, and come to an end.
/// </summary>
public sealed class RingHostilityTests
{
    private const int Capacity = 16;
    private const int Before = 4096;
    private const int ProducerCursor = 128;
    private const int ConsumerCursor = 256;
    private const byte Canary = 0xC5;

    public enum Kind
    {
        Spsc,
        Mpsc,
        Mpmc,
    }

    [Theory]
    [InlineData(Kind.Spsc)]
    [InlineData(Kind.Mpsc)]
    [InlineData(Kind.Mpmc)]
    public void Random_cursors_and_turns_lead_nowhere_outside_the_ring(Kind kind)
    {
        RingSkips.UnlessSharedMemory();
        int seed = Random.Shared.Next();
        var random = new Random(seed);
        using var mine = MemoryRegion.Allocate(64 * 1024, new MemoryRegionOptions { Shared = true });
        using var theirs = MemoryRegion.Attach(mine.SharedHandle!, mine.Length);
        mine.Slice(0, (int)mine.Length).Fill(Canary);
        (IRingUnderTest<long> ring, int bytes) = Create(kind, mine);
        long[] burst = new long[3 * Capacity];
        try
        {
            for (int i = 0; i < 50_000; i++)
            {
                Vandalize(theirs, bytes, random);
                Operate(ring, random, burst);
            }

            Assert.Equal(-1, theirs.Slice(0, Before).IndexOfAnyExcept(Canary));
            Assert.Equal(-1, theirs.Slice(Before + bytes, (int)theirs.Length - Before - bytes).IndexOfAnyExcept(Canary));
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"Seed {seed}.", e);
        }
    }

    [Theory]
    [InlineData(Kind.Spsc)]
    [InlineData(Kind.Mpsc)]
    [InlineData(Kind.Mpmc)]
    public void Calls_end_while_another_process_writes_the_cursors_without_pause(Kind kind)
    {
        RingSkips.UnlessSharedMemory();
        using var mine = MemoryRegion.Allocate(64 * 1024, new MemoryRegionOptions { Shared = true });
        using var theirs = MemoryRegion.Attach(mine.SharedHandle!, mine.Length);
        (IRingUnderTest<long> ring, int bytes) = Create(kind, mine);
        bool stop = false;
        var vandal = new Thread(() =>
        {
            var random = new Random(1);
            while (!Volatile.Read(ref stop))
                Vandalize(theirs, bytes, random);
        });
        vandal.Start();
        try
        {
            var random = new Random(2);
            long[] burst = new long[3 * Capacity];
            for (int i = 0; i < 20_000; i++)
                Operate(ring, random, burst);
        }
        finally
        {
            Volatile.Write(ref stop, true);
            vandal.Join();
        }
    }

    [Fact]
    public void A_span_that_was_given_out_can_be_given_back_whatever_the_other_side_writes()
    {
        RingSkips.UnlessSharedMemory();
        using var mine = MemoryRegion.Allocate(64 * 1024, new MemoryRegionOptions { Shared = true });
        using var theirs = MemoryRegion.Attach(mine.SharedHandle!, mine.Length);
        var ring = SpscRing<long>.Create(mine, Before, Capacity);
        Assert.Equal(Capacity, ring.Reserve(Capacity).Length);
        Cursor(theirs, ConsumerCursor) = -Capacity;
        Assert.Equal(Capacity, ring.FreeFor(int.MaxValue));
        ring.Commit(Capacity);

        Assert.Equal(Capacity, ring.Peek(Capacity).Length);
        Cursor(theirs, ProducerCursor) = 0;
        Assert.Equal(Capacity, ring.Peek(int.MaxValue).Length);
        ring.Advance(Capacity);
    }

    [Fact]
    public void A_cursor_that_makes_no_sense_makes_nothing_appear_or_fit()
    {
        using var region = MemoryRegion.Allocate(64 * 1024);
        var ring = SpscRing<long>.Create(region, Before, Capacity);
        foreach (long nonsense in new long[] { -1, Capacity + 1, long.MaxValue, long.MinValue })
        {
            Cursor(region, ProducerCursor) = nonsense;
            Assert.False(ring.TryDequeue(out _));
            Assert.InRange(ring.Count, 0, Capacity);
        }

        Cursor(region, ProducerCursor) = 0;
        foreach (long nonsense in new long[] { 1, -Capacity - 1, long.MaxValue, long.MinValue })
        {
            Cursor(region, ConsumerCursor) = nonsense;
            Assert.False(ring.TryEnqueue(1));
            Assert.InRange(ring.Count, 0, Capacity);
        }
    }

    [Theory]
    [InlineData(0, 1L)]
    [InlineData(8, 2L)]
    [InlineData(8, uint.MaxValue)]
    [InlineData(12, 2L)]
    [InlineData(12, 0L)]
    [InlineData(16, 4L)]
    [InlineData(16, -8L)]
    [InlineData(20, 0L)]
    [InlineData(20, -16L)]
    [InlineData(20, 15L)]
    [InlineData(20, 1L << 14)]
    [InlineData(20, 1L << 30)]
    [InlineData(20, int.MinValue)]
    [InlineData(20, int.MaxValue)]
    public void A_header_that_lies_is_not_attached_to(int field, long value)
    {
        using var region = MemoryRegion.Allocate(64 * 1024);
        _ = SpscRing<long>.Create(region, Before, Capacity);
        _ = SpscRing<long>.Attach(region, Before);
        MemoryMarshal.Write(region.Slice(Before + field, 4), unchecked((int)value));
        var e = Assert.Throws<InvalidDataException>(() => SpscRing<long>.Attach(region, Before));
        Assert.Contains("offset 4,096", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_ring_of_another_kind_or_element_size_is_not_attached_to()
    {
        using var region = MemoryRegion.Allocate(64 * 1024);
        _ = MpscRing<long>.Create(region, 0, Capacity);
        Assert.Throws<InvalidDataException>(() => SpscRing<long>.Attach(region, 0));
        Assert.Throws<InvalidDataException>(() => MpmcRing<long>.Attach(region, 0));
        Assert.Throws<InvalidDataException>(() => MpscRing<int>.Attach(region, 0));
        Assert.Equal(Capacity, MpscRing<long>.Attach(region, 0).Capacity);
    }

    private static (IRingUnderTest<long> Ring, int Bytes) Create(Kind kind, MemoryRegion region) => kind switch
    {
        Kind.Spsc => (new SpscRingUnderTest<long>(SpscRing<long>.Create(region, Before, Capacity)), (int)SpscRing<long>.RequiredBytes(Capacity)),
        Kind.Mpsc => (new MpscRingUnderTest<long>(MpscRing<long>.Create(region, Before, Capacity)), (int)MpscRing<long>.RequiredBytes(Capacity)),
        _ => (new MpmcRingUnderTest<long>(MpmcRing<long>.Create(region, Before, Capacity)), (int)MpmcRing<long>.RequiredBytes(Capacity)),
    };

    private static ref long Cursor(MemoryRegion region, int offset) =>
        ref MemoryMarshal.AsRef<long>(region.Slice(Before + offset, sizeof(long)));

    private static void Vandalize(MemoryRegion region, int bytes, Random random)
    {
        Volatile.Write(ref Cursor(region, ProducerCursor), Nonsense(random));
        Volatile.Write(ref Cursor(region, ConsumerCursor), Nonsense(random));
        // Behind the slots: the turns, where the kind has them.
        int word = random.Next(384 / 4, bytes / 4);
        MemoryMarshal.Write(region.Slice(Before + (word * 4), 4), (uint)Nonsense(random));
    }

    private static long Nonsense(Random random) => random.Next(4) switch
    {
        0 => random.NextInt64(long.MinValue, long.MaxValue),
        1 => random.Next(-3 * Capacity, 3 * Capacity),
        2 => uint.MaxValue + (long)random.Next(-Capacity, Capacity),
        _ => long.MaxValue - random.Next(Capacity),
    };

    private static void Operate(IRingUnderTest<long> ring, Random random, long[] burst)
    {
        int size = random.Next(burst.Length + 1);
        switch (random.Next(7))
        {
            case 0:
                ring.TryEnqueue(1);
                break;
            case 1:
                Assert.InRange(ring.TryEnqueue(burst.AsSpan(0, size)), 0, Math.Min(size, Capacity));
                break;
            case 2:
                ring.TryDequeue(out _);
                break;
            case 3:
                Assert.InRange(ring.TryDequeue(burst.AsSpan(0, size)), 0, Math.Min(size, Capacity));
                break;
            case 4 when ring.FillsInPlace:
                Span<long> free = ring.Reserve(size);
                Assert.InRange(free.Length, 0, Math.Min(size, Capacity));
                free.Fill(7);
                ring.Commit(free.Length);
                break;
            case 5 when ring.TakesInPlace:
                Span<long> ready = ring.Peek(size);
                Assert.InRange(ready.Length, 0, Math.Min(size, Capacity));
                ready.Fill(8);
                ring.Advance(ready.Length);
                break;
        }

        Assert.InRange(ring.Count, 0, Capacity);
        Assert.InRange(ring.FreeFor(size), 0, Capacity);
    }
}
