using System.Runtime.CompilerServices;
using FsCheck;
using FsCheck.Fluent;
using OpenNetVM.Core.Memory;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.Rings;

/// <summary>What every ring promises when one thread uses it. Derived once per ring type.</summary>
public abstract class RingContractTests
{
    protected const int Capacity = 8;

    /// <summary>A ring in private memory.</summary>
    protected abstract IRingUnderTest<long> Make(int capacity);

    /// <summary>A ring in a region.</summary>
    protected abstract IRingUnderTest<long> Create(MemoryRegion region, long offset, int capacity);

    /// <summary>A ring in a region whose cursors start at a value.</summary>
    protected abstract IRingUnderTest<long> CreateStartingAt(MemoryRegion region, long offset, int capacity, long cursor);

    /// <summary>A ring that was created before.</summary>
    protected abstract IRingUnderTest<long> Attach(MemoryRegion region, long offset);

    /// <summary>The bytes a ring of longs takes.</summary>
    protected abstract long RequiredBytes(int capacity);

    [Fact]
    public void A_new_ring_is_empty()
    {
        var ring = Make(Capacity);
        Assert.True(ring.IsEmpty);
        Assert.Equal(0, ring.Count);
        Assert.Equal(Capacity, ring.Capacity);
        Assert.Equal(0, ring.Enqueued);
        Assert.Equal(0, ring.Dequeued);
        Assert.False(ring.TryDequeue(out long item));
        Assert.Equal(0, item);
        Assert.Equal(0, ring.TryDequeue(new long[4]));
        Assert.Equal(Capacity, ring.FreeFor(1));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(8)]
    public void It_takes_exactly_its_capacity_one_by_one_and_gives_it_back_in_order(int capacity)
    {
        var ring = Make(capacity);
        for (int lap = 0; lap < 5; lap++)
        {
            for (int i = 0; i < capacity; i++)
                Assert.True(ring.TryEnqueue(1000 * lap + i));
            Assert.False(ring.TryEnqueue(-1));
            Assert.Equal(0, ring.FreeFor(1));
            Assert.Equal(capacity, ring.Count);
            for (int i = 0; i < capacity; i++)
            {
                Assert.True(ring.TryDequeue(out long item));
                Assert.Equal(1000 * lap + i, item);
            }

            Assert.False(ring.TryDequeue(out _));
        }

        Assert.Equal(5 * capacity, ring.Enqueued);
        Assert.Equal(5 * capacity, ring.Dequeued);
    }

    [Fact]
    public void A_burst_larger_than_the_room_is_taken_in_part_from_its_start()
    {
        var ring = Make(Capacity);
        Assert.Equal(5, ring.TryEnqueue([1, 2, 3, 4, 5]));
        Assert.Equal(3, ring.TryEnqueue([6, 7, 8, 9, 10]));
        Assert.Equal(0, ring.TryEnqueue([11]));

        long[] taken = new long[20];
        Assert.Equal(8, ring.TryDequeue(taken));
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8], taken[..8]);
        Assert.All(taken[8..], item => Assert.Equal(0, item));
    }

    [Fact]
    public void A_burst_goes_round_the_end_of_the_memory_in_order()
    {
        var ring = Make(Capacity);
        long[] taken = new long[Capacity];
        for (int start = 0; start < 3 * Capacity; start++)
        {
            Assert.Equal(Capacity, ring.TryEnqueue([10, 11, 12, 13, 14, 15, 16, 17]));
            Assert.Equal(Capacity, ring.TryDequeue(taken));
            Assert.Equal([10, 11, 12, 13, 14, 15, 16, 17], taken);
            Assert.True(ring.TryEnqueue(1));
            Assert.True(ring.TryDequeue(out _));
        }
    }

    [Fact]
    public void An_empty_burst_moves_nothing()
    {
        var ring = Make(Capacity);
        Assert.Equal(0, ring.TryEnqueue([]));
        Assert.True(ring.TryEnqueue(7));
        Assert.Equal(0, ring.TryDequeue([]));
        Assert.Equal(1, ring.Count);
    }

    [Theory]
    [InlineData(0, "1 is the smallest")]
    [InlineData(-8, "1 is the smallest")]
    [InlineData(3, "next power of two is 4")]
    [InlineData(1000, "next power of two is 1024")]
    [InlineData(int.MaxValue, "1073741824 is the largest")]
    public void A_capacity_that_is_no_power_of_two_is_refused_with_the_next_one(int capacity, string hint)
    {
        string value = capacity.ToString(System.Globalization.CultureInfo.InvariantCulture);
        Assert.Contains(hint, Assert.Throws<ArgumentException>(() => Make(capacity)).Message, StringComparison.Ordinal);
        Assert.Contains(value, Assert.Throws<ArgumentException>(() => RequiredBytes(capacity)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_ring_fills_exactly_the_bytes_it_says()
    {
        long bytes = RequiredBytes(Capacity);
        Assert.Equal(0, bytes % 128);
        using var exact = MemoryRegion.Allocate(bytes + 256);
        exact.Slice(0, 128).Fill(0xAA);
        exact.Slice(128 + bytes, 128).Fill(0xAA);
        var ring = Create(exact, 128, Capacity);
        for (int lap = 0; lap < 3; lap++)
        {
            Assert.Equal(Capacity, ring.TryEnqueue([-1, -1, -1, -1, -1, -1, -1, -1, -1]));
            Assert.Equal(Capacity, ring.TryDequeue(new long[Capacity]));
        }

        Assert.Equal(-1, exact.Slice(0, 128).IndexOfAnyExcept((byte)0xAA));
        Assert.Equal(-1, exact.Slice(128 + bytes, 128).IndexOfAnyExcept((byte)0xAA));
        Assert.Throws<ArgumentException>(() => Create(exact, 384, Capacity));
    }

    [Fact]
    public void A_place_off_the_line_or_outside_the_region_is_refused()
    {
        using var region = MemoryRegion.Allocate(64 * 1024);
        Assert.Contains("128", Assert.Throws<ArgumentException>(() => Create(region, 64, Capacity)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => Create(region, -128, Capacity));
        Assert.Throws<ArgumentOutOfRangeException>(() => Create(region, 128 * 1024, Capacity));
        Assert.Throws<ArgumentException>(() => Create(region, 64 * 1024, Capacity));
        Assert.Throws<ArgumentException>(() => Create(region, 0, 1 << 30));
        Assert.Throws<InvalidDataException>(() => Attach(region, 0));
        Assert.Throws<InvalidDataException>(() => Attach(region, 64 * 1024));
        Assert.Throws<ArgumentException>(() => Attach(region, 1));
    }

    [Fact]
    public void A_ring_attached_through_another_mapping_exchanges_elements_with_its_creator()
    {
        RingSkips.UnlessSharedMemory();
        using var first = MemoryRegion.Allocate(RequiredBytes(Capacity) + 128, new MemoryRegionOptions { Shared = true });
        using var second = MemoryRegion.Attach(first.SharedHandle!, first.Length);
        var producer = Create(first, 128, Capacity);
        var consumer = Attach(second, 128);
        long sent = 0;
        long[] taken = new long[3];
        for (int round = 0; round < 100; round++)
        {
            while (producer.TryEnqueue(sent))
                sent++;
            int count;
            while ((count = consumer.TryDequeue(taken)) > 0)
            {
                for (int i = 0; i < count; i++)
                    Assert.Equal(consumer.Dequeued - count + i, taken[i]);
            }
        }

        Assert.Equal(100 * Capacity, sent);
        Assert.Equal(sent, producer.Dequeued);
        Assert.Equal(0, producer.Count);
        Assert.NotSame(producer, Attach(first, 128));
    }

    [Theory]
    [InlineData(uint.MaxValue)]
    [InlineData(int.MaxValue)]
    [InlineData(long.MaxValue)]
    [InlineData(-1)]
    [InlineData(long.MinValue)]
    public void Cursors_pass_the_ends_of_their_range(long boundary)
    {
        foreach (int capacity in new[] { 1, 2, 8, 64 })
        {
            for (int before = 0; before < 2 * capacity; before += Math.Max(1, capacity / 3))
            {
                using var region = MemoryRegion.Allocate(RequiredBytes(capacity), new MemoryRegionOptions { HugePages = HugePagePolicy.Never });
                var ring = CreateStartingAt(region, 0, capacity, unchecked(boundary - before));
                RunAgainstQueue(ring, new Random(capacity + before), operations: 6 * capacity + 40);
            }
        }
    }

    [Fact]
    public void Any_sequence_of_bursts_does_what_it_does_to_a_queue()
    {
        // FsCheck prints the seed and the shortest failing sequence.
        Property sameAsQueue = Prop.ForAll<PositiveInt, (int Kind, int Size)[]>((power, steps) =>
        {
            var ring = Make(1 << (power.Get % 11));
            var model = new RingModel(ring);
            foreach ((int kind, int size) in steps)
                model.Step((RingOperation)((uint)kind % (uint)RingOperation.Kinds), (int)((uint)size % (uint)((ring.Capacity * 5 / 4) + 3)));
            model.Drain();
        });
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(200).WithEndSize(200).WithQuietOnSuccess(true), sameAsQueue);
    }

    [Fact]
    public void Long_random_use_does_what_it_does_to_a_queue()
    {
        int seed = Random.Shared.Next();
        for (int power = 0; power <= 10; power++)
        {
            try
            {
                RunAgainstQueue(Make(1 << power), new Random(seed + power), operations: 5_000);
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"Capacity {1 << power}, seed {seed + power}.", e);
            }
        }
    }

    [Fact]
    public void Giving_back_more_than_was_given_out_is_refused_and_changes_nothing()
    {
        var ring = Make(Capacity);
        ring.TryEnqueue([1, 2, 3]);
        if (ring.FillsInPlace)
        {
            Assert.Equal(5, ring.Reserve(Capacity).Length);
            Assert.Throws<ArgumentOutOfRangeException>(() => ring.Commit(-1));
            Assert.Throws<ArgumentOutOfRangeException>(() => ring.Commit(6));
            Assert.Throws<ArgumentOutOfRangeException>(() => ring.Commit(int.MaxValue));
            Assert.True(ring.Reserve(-1).IsEmpty);
            Assert.True(ring.Reserve(int.MinValue).IsEmpty);
        }

        if (ring.TakesInPlace)
        {
            Assert.Equal([1, 2, 3], ring.Peek(Capacity).ToArray());
            Assert.Throws<ArgumentOutOfRangeException>(() => ring.Advance(-1));
            Assert.Throws<ArgumentOutOfRangeException>(() => ring.Advance(4));
            Assert.Throws<ArgumentOutOfRangeException>(() => ring.Advance(int.MinValue));
            Assert.True(ring.Peek(0).IsEmpty);
            Assert.True(ring.Peek(int.MinValue).IsEmpty);
        }

        Assert.Equal(3, ring.Count);
        Assert.Equal(3, ring.Enqueued);
        Assert.Equal(0, ring.Dequeued);
    }

    [Fact]
    public void Moving_ten_million_elements_allocates_nothing()
    {
        const int elements = 10_000_000;
        var ring = Make(512);
        long[] burst = new long[32];
        Move(ring, burst, 10_000);
        long moved = 0;
        Allocations.AssertSettleAtNone(() => moved += Move(ring, burst, (elements / 3) + 1));
        Assert.True(moved >= elements);
    }

    [Fact]
    public void A_ring_keeps_its_region_and_nothing_else_does()
    {
        IRingUnderTest<long> ring = InUnreferencedRegion(out WeakReference region);
        Collect();
        Assert.True(region.IsAlive);
        Assert.Equal(2, ring.TryEnqueue([4, 5]));
        Assert.True(ring.TryDequeue(out long item));
        Assert.Equal(4, item);
        GC.KeepAlive(ring);

        DropRing(out WeakReference second);
        Collect();
        Assert.False(second.IsAlive);
    }

    private protected static void RunAgainstQueue(IRingUnderTest<long> ring, Random random, int operations)
    {
        var model = new RingModel(ring);
        for (int i = 0; i < operations; i++)
            model.Step((RingOperation)random.Next((int)RingOperation.Kinds), random.Next(0, (ring.Capacity * 5 / 4) + 3));
        model.Drain();
    }

    private static long Move(IRingUnderTest<long> ring, long[] burst, int elements)
    {
        long moved = 0;
        while (moved < elements)
        {
            ring.TryEnqueue(burst);
            ring.TryEnqueue(1);
            if (ring.FillsInPlace)
                ring.Commit(ring.Reserve(burst.Length).Length);
            moved += ring.TryDequeue(burst);
            moved += ring.TryDequeue(out _) ? 1 : 0;
            if (ring.TakesInPlace)
            {
                int count = ring.Peek(burst.Length).Length;
                ring.Advance(count);
                moved += count;
            }
        }

        return moved;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private IRingUnderTest<long> InUnreferencedRegion(out WeakReference region)
    {
        var memory = MemoryRegion.Allocate(RequiredBytes(Capacity));
        region = new WeakReference(memory);
        return Create(memory, 0, Capacity);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void DropRing(out WeakReference region) => _ = InUnreferencedRegion(out region);

    private static void Collect()
    {
        for (int i = 0; i < 3; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
    }
}
