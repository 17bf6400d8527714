using OpenNetVM.Core.Memory;

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
    public void Random_bursts_do_what_a_queue_does()
    {
        int seed = Environment.TickCount;
        for (int power = 0; power <= 10; power++)
        {
            try
            {
                RunAgainstQueue(Make(1 << power), new Random(seed + power), operations: 20_000);
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"Capacity {1 << power}, seed {seed + power}.", e);
            }
        }
    }

    private protected static void RunAgainstQueue(IRingUnderTest<long> ring, Random random, int operations)
    {
        var queue = new Queue<long>();
        var model = new RingModel(ring, queue);
        for (int i = 0; i < operations; i++)
            model.Step((RingOperation)random.Next((int)RingOperation.Kinds), random.Next(0, (ring.Capacity * 5 / 4) + 3));
        model.Drain();
    }
}
