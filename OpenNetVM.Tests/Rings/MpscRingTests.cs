using OpenNetVM.Core.Memory;
using OpenNetVM.Core.Rings;

namespace OpenNetVM.Tests.Rings;

public sealed class MpscRingTests : RingContractTests
{
    protected override IRingUnderTest<long> Make(int capacity) => new MpscRingUnderTest<long>(new MpscRing<long>(capacity));

    protected override IRingUnderTest<long> Create(MemoryRegion region, long offset, int capacity) =>
        new MpscRingUnderTest<long>(MpscRing<long>.Create(region, offset, capacity));

    protected override IRingUnderTest<long> CreateStartingAt(MemoryRegion region, long offset, int capacity, long cursor) =>
        new MpscRingUnderTest<long>(MpscRing<long>.CreateStartingAt(region, offset, capacity, cursor));

    protected override IRingUnderTest<long> Attach(MemoryRegion region, long offset) =>
        new MpscRingUnderTest<long>(MpscRing<long>.Attach(region, offset));

    protected override long RequiredBytes(int capacity) => MpscRing<long>.RequiredBytes(capacity);
}
