using OpenNetVM.Core.Memory;
using OpenNetVM.Core.Rings;

namespace OpenNetVM.Tests.Rings;

public sealed class SpscRingTests : RingContractTests
{
    protected override IRingUnderTest<long> Make(int capacity) => new SpscRingUnderTest<long>(new SpscRing<long>(capacity));

    protected override IRingUnderTest<long> Create(MemoryRegion region, long offset, int capacity) =>
        new SpscRingUnderTest<long>(SpscRing<long>.Create(region, offset, capacity));

    protected override IRingUnderTest<long> CreateStartingAt(MemoryRegion region, long offset, int capacity, long cursor) =>
        new SpscRingUnderTest<long>(SpscRing<long>.CreateStartingAt(region, offset, capacity, cursor));

    protected override IRingUnderTest<long> Attach(MemoryRegion region, long offset) =>
        new SpscRingUnderTest<long>(SpscRing<long>.Attach(region, offset));

    protected override long RequiredBytes(int capacity) => SpscRing<long>.RequiredBytes(capacity);
}
