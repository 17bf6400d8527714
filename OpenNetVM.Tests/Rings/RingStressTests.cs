using OpenNetVM.Core.Memory;
using OpenNetVM.Core.Rings;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.Rings;

[Collection(SoakCollection.Name)]
public sealed class RingStressTests
{
    /// <summary>A small ring is full and empty often, a large one has the threads in different parts of it.</summary>
    public static readonly TheoryData<int> Capacities = new() { 1, 4, 64, 1024 };

    [Theory]
    [MemberData(nameof(Capacities))]
    public void Spsc_hands_each_element_over_once_and_in_order(int capacity) =>
        AssertSound(new SpscRingUnderTest<StressElement>(new SpscRing<StressElement>(capacity)), capacity, producers: 1, consumers: 1);

    [Theory]
    [MemberData(nameof(Capacities))]
    public void Mpsc_hands_each_element_over_once_and_in_order(int capacity) =>
        AssertSound(new MpscRingUnderTest<StressElement>(new MpscRing<StressElement>(capacity)), capacity, producers: 3, consumers: 1);

    [Theory]
    [MemberData(nameof(Capacities))]
    public void Mpmc_hands_each_element_over_once_and_in_order(int capacity) =>
        AssertSound(new MpmcRingUnderTest<StressElement>(new MpmcRing<StressElement>(capacity)), capacity, producers: 3, consumers: 3);

    [Fact]
    public void Spsc_hands_elements_over_between_two_mappings()
    {
        RingSkips.UnlessSharedMemory();
        using var first = MemoryRegion.Allocate(SpscRing<StressElement>.RequiredBytes(64), new MemoryRegionOptions { Shared = true });
        using var second = MemoryRegion.Attach(first.SharedHandle!, first.Length);
        var producer = SpscRing<StressElement>.Create(first, 0, 64);
        var consumer = SpscRing<StressElement>.Attach(second, 0);
        var ring = new TwoEndedRing<StressElement>(new SpscRingUnderTest<StressElement>(producer), new SpscRingUnderTest<StressElement>(consumer));
        AssertSound(ring, 64, producers: 1, consumers: 1);
    }

    [Theory]
    [InlineData(RingDefect.PublishesBeforeWriting, 1, 1)]
    [InlineData(RingDefect.ReleasesBeforeReading, 1, 1)]
    [InlineData(RingDefect.ProducersClaimWithoutExchange, 3, 1)]
    [InlineData(RingDefect.ConsumersClaimWithoutExchange, 3, 3)]
    public void The_stress_catches_a_ring_that_is_broken_on_purpose(RingDefect defect, int producers, int consumers)
    {
        const int rounds = 50;
        for (int round = 0; round < rounds; round++)
        {
            var ring = new BrokenRing<StressElement>(64, defect);
            if (new RingStress(ring, producers, consumers, elementsEach: 20_000).Run().Count > 0)
                return;
        }

        Assert.Fail($"{rounds} rounds of stress did not notice that the ring {defect}: the stress proves nothing.");
    }

    private static void AssertSound(IRingUnderTest<StressElement> ring, int capacity, int producers, int consumers)
    {
        // Tiny rings hand the core over at nearly every element.
        int elements = RingStress.DefaultElements / (capacity < 8 ? 10 : 1);
        Assert.Empty(new RingStress(ring, producers, consumers, elements).Run());
        Assert.Equal(0, ring.Count);
        Assert.Equal((long)producers * elements, ring.Enqueued);
        Assert.Equal((long)producers * elements, ring.Dequeued);
    }
}
