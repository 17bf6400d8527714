using OpenNetVM.Core.Memory;
using OpenNetVM.Core.Rings;

namespace OpenNetVM.Tests.Rings;

public sealed class MpmcRingTests : RingContractTests
{
    protected override IRingUnderTest<long> Make(int capacity) => new MpmcRingUnderTest<long>(new MpmcRing<long>(capacity));

    protected override IRingUnderTest<long> Create(MemoryRegion region, long offset, int capacity) =>
        new MpmcRingUnderTest<long>(MpmcRing<long>.Create(region, offset, capacity));

    protected override IRingUnderTest<long> CreateStartingAt(MemoryRegion region, long offset, int capacity, long cursor) =>
        new MpmcRingUnderTest<long>(MpmcRing<long>.CreateStartingAt(region, offset, capacity, cursor));

    protected override IRingUnderTest<long> Attach(MemoryRegion region, long offset) =>
        new MpmcRingUnderTest<long>(MpmcRing<long>.Attach(region, offset));

    protected override long RequiredBytes(int capacity) => MpmcRing<long>.RequiredBytes(capacity);
}
