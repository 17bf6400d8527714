using OpenNetVM.Core.Memory;
using OpenNetVM.Core.Packets;
using OpenNetVM.Testing;

namespace OpenNetVM.Tests.Testing;

public class LeakCheckingPoolTests
{
    private static readonly PacketPoolOptions Small = new() { Capacity = 64 };

    [Fact]
    public void A_pool_that_got_everything_back_passes()
    {
        using LeakCheckingPool pool = new(Small);
        PoolCache cache = pool.CreateCache();
        PacketDescriptor[] burst = new PacketDescriptor[32];
        Assert.Equal(32, cache.Allocate(burst));
        Assert.Equal(32, pool.InUse);
        cache.Free(burst);
        pool.AssertNoLeaks();
    }

    [Fact]
    public void Leaked_buffers_are_counted_and_named()
    {
        LeakCheckingPool pool = new(Small);
        PoolCache cache = pool.CreateCache();
        PacketDescriptor[] burst = new PacketDescriptor[10];
        cache.Allocate(burst);
        cache.Free(burst.AsSpan(3));

        string message = Assert.Throws<TestAssertionException>(pool.AssertNoLeaks).Message;

        Assert.Contains("3 of the pool's 64 buffers were not freed", message, StringComparison.Ordinal);
        foreach (PacketDescriptor descriptor in burst[..3])
            Assert.Contains($"{descriptor.BufferIndex} (held by the platform or the test)", message, StringComparison.Ordinal);
        Assert.Contains("recordAllocations", message, StringComparison.Ordinal);
        Assert.Equal(message, Assert.Throws<TestAssertionException>(pool.Dispose).Message);
        pool.Dispose();
        Assert.Throws<ObjectDisposedException>(() => pool.Pool.CreateCache());
    }

    [Fact]
    public void A_recording_pool_says_where_the_leaked_buffers_were_allocated()
    {
        LeakCheckingPool pool = new(Small, recordAllocations: true) { ChecksOnDispose = false };
        PoolCache cache = pool.CreateCache();
        AllocateForgetfully(cache, 2);
        cache.Free(AllocateCarefully(cache));

        string message = Assert.Throws<TestAssertionException>(pool.AssertNoLeaks).Message;

        Assert.Contains("2 allocated\n", message, StringComparison.Ordinal);
        Assert.Contains(nameof(AllocateForgetfully), message, StringComparison.Ordinal);
        Assert.DoesNotContain(nameof(AllocateCarefully), message, StringComparison.Ordinal);
        pool.Dispose();
    }

    [Fact]
    public void A_buffer_freed_twice_is_reported()
    {
        LeakCheckingPool pool = new(Small);
        PoolCache cache = pool.CreateCache();
        Assert.True(cache.TryAllocate(out PacketDescriptor descriptor));
        cache.Free(descriptor);
        cache.Free(descriptor);
        pool.Pool.Free(new PacketDescriptor { BufferIndex = 1_000 });

        string message = Assert.Throws<TestAssertionException>(pool.Dispose).Message;

        Assert.Contains("2 frees were rejected", message, StringComparison.Ordinal);
        Assert.DoesNotContain("not freed", message, StringComparison.Ordinal);
    }

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static void AllocateForgetfully(PoolCache cache, int count) => Assert.Equal(count, cache.Allocate(new PacketDescriptor[count]));

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static PacketDescriptor AllocateCarefully(PoolCache cache)
    {
        Assert.True(cache.TryAllocate(out PacketDescriptor descriptor));
        return descriptor;
    }
}
