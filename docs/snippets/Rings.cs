using OpenNetVM.Core.Rings;

namespace OpenNetVM.Docs.Snippets;

public class Rings
{
    [Fact]
    public void Bursts()
    {
        // snippet: ring-burst
        SpscRing<long> ring = new(capacity: 256);

        long[] burst = [1, 2, 3];
        int taken = ring.TryEnqueue(burst); // 3; what did not fit is burst[taken..], and still yours
        Span<long> received = stackalloc long[32];
        int count = ring.TryDequeue(received); // 3
        // end
        Assert.Equal(3, taken);
        Assert.Equal(burst, received[..count]);
    }

    [Fact]
    public void In_place()
    {
        SpscRing<long> ring = new(capacity: 256);

        // snippet: ring-in-place
        Span<long> free = ring.Reserve(32); // producer: write into the ring itself
        free.Fill(7);
        ring.Commit(free.Length);

        Span<long> ready = ring.Peek(32); // consumer: read where it lies
        long sum = 0;
        foreach (long element in ready)
            sum += element;
        ring.Advance(ready.Length);
        // end
        Assert.Equal(32 * 7, sum);
        Assert.True(ring.IsEmpty);
    }
}
