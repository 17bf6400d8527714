using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.Logging;
using OpenNetVM.Core.Memory;
using OpenNetVM.Core.Packets;
using OpenNetVM.Core.Ports;

namespace OpenNetVM.Tests.Memory;

public class PacketPoolTests
{
    private static PacketPool Small(int capacity = 64, int bufferSize = 256) =>
        new(new PacketPoolOptions { Capacity = capacity, BufferSize = bufferSize, Memory = new MemoryRegionOptions { HugePages = HugePagePolicy.Never } });

    [Fact]
    public void Every_buffer_can_be_allocated_once_and_then_no_more()
    {
        using PacketPool pool = Small();
        PoolCache cache = pool.CreateCache();
        PacketDescriptor[] all = new PacketDescriptor[100];

        Assert.Equal(64, cache.Allocate(all));
        Assert.Equal(64, all[..64].Select(descriptor => descriptor.BufferIndex).Distinct().Count());
        Assert.Equal(64, pool.InUse);
        Assert.Equal(36, pool.AllocationFailures);
        Assert.False(cache.TryAllocate(out _));
        Assert.Equal(37, pool.AllocationFailures);

        cache.Free(all.AsSpan(0, 64));
        Assert.Equal(0, pool.InUse);
        Assert.Equal(64, cache.Allocate(all));
    }

    [Fact]
    public void A_buffer_freed_twice_is_rejected_and_counted_and_not_handed_out_twice()
    {
        using PacketPool pool = Small();
        PoolCache cache = pool.CreateCache();
        Assert.True(cache.TryAllocate(out PacketDescriptor packet));
        cache.Free(packet);
        cache.Free(packet);
        pool.Free(packet);

        Assert.Equal(2, pool.RejectedFrees);
        PacketDescriptor[] all = new PacketDescriptor[64];
        Assert.Equal(64, cache.Allocate(all));
        Assert.Equal(64, all.Select(descriptor => descriptor.BufferIndex).Distinct().Count());
    }

    [Theory]
    [InlineData(64u)]
    [InlineData(uint.MaxValue)]
    public void A_buffer_that_is_not_of_the_pool_is_rejected_and_counted(uint index)
    {
        using PacketPool pool = Small();
        PoolCache cache = pool.CreateCache();
        PacketDescriptor foreign = new() { BufferIndex = index };
        cache.Free(foreign);
        Assert.Equal(1, pool.RejectedFrees);
        Assert.Equal(0, pool.InUse);
        Assert.Throws<ArgumentOutOfRangeException>(() => pool.Open(ref foreign));
    }

    [Fact]
    public void A_fresh_packet_is_empty_and_clean_whatever_its_buffer_held_before()
    {
        using PacketPool pool = Small(capacity: 1);
        PoolCache cache = pool.CreateCache();
        Assert.True(cache.TryAllocate(out PacketDescriptor first));
        Packet packet = pool.Open(ref first);
        packet.TrySetData(new byte[200]);
        packet.UserArea.Fill(0xFF);
        packet.Timestamp = 5;
        packet.IngressPort = new PortId(3);
        cache.Free(first);

        Assert.True(cache.TryAllocate(out PacketDescriptor second));
        Packet fresh = pool.Open(ref second);
        Assert.Equal(0, fresh.Length);
        Assert.Equal(pool.Headroom, fresh.Headroom);
        Assert.Equal(0, fresh.Timestamp);
        Assert.Equal(PortId.None, fresh.IngressPort);
        Assert.Equal(new byte[32], fresh.UserArea.ToArray());
    }

    [Fact]
    public void Buffers_do_not_overlap_and_lie_on_an_odd_number_of_cache_lines()
    {
        using PacketPool pool = Small(capacity: 16, bufferSize: 1_000);
        PoolCache cache = pool.CreateCache();
        PacketDescriptor[] all = new PacketDescriptor[16];
        cache.Allocate(all);
        for (int i = 0; i < 16; i++)
        {
            Packet packet = pool.Open(ref all[i]);
            Assert.True(packet.TrySetData(new byte[1_000]));
            Assert.True(packet.TryPrepend(packet.Headroom, out _));
            Assert.True(packet.TryAppend(packet.Tailroom, out _));
            packet.Data.Fill((byte)i);
        }

        for (int i = 0; i < 16; i++)
            Assert.Equal(-1, pool.Open(ref all[i]).Data.IndexOfAnyExcept((byte)i));
        Assert.Equal(1, pool.Stride / 64 % 2);
    }

    [Fact]
    public void Prepend_append_and_trim_obey_the_buffers_bounds_and_change_nothing_where_they_refuse()
    {
        Prop.ForAll(ArbMap.Default.GeneratorFor<(byte Kind, int Count)[]>().ToArbitrary(), operations =>
        {
            using PacketPool pool = Small(capacity: 1);
            Assert.True(pool.CreateCache().TryAllocate(out PacketDescriptor descriptor));
            Packet packet = pool.Open(ref descriptor);
            int front = pool.Headroom;
            int back = pool.Headroom;
            int room = front + packet.Tailroom;
            foreach ((byte kind, int count) in operations)
            {
                bool done;
                bool expected;
                switch (kind % 4)
                {
                    case 0:
                        expected = count >= 0 && count <= front;
                        done = packet.TryPrepend(count, out _);
                        front -= expected ? count : 0;
                        break;
                    case 1:
                        expected = count >= 0 && back + (long)count <= room;
                        done = packet.TryAppend(count, out _);
                        back += expected ? count : 0;
                        break;
                    case 2:
                        expected = count >= 0 && count <= back - front;
                        done = packet.TryTrimStart(count);
                        front += expected ? count : 0;
                        break;
                    default:
                        expected = count >= 0 && count <= back - front;
                        done = packet.TryTrimEnd(count);
                        back -= expected ? count : 0;
                        break;
                }

                Assert.Equal(expected, done);
                Assert.Equal(back - front, packet.Length);
                Assert.Equal(front, packet.Headroom);
            }
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public unsafe void A_damaged_header_gives_an_empty_frame_not_a_wild_one()
    {
        using PacketPool pool = Small(capacity: 4);
        PoolCache cache = pool.CreateCache();
        Assert.True(cache.TryAllocate(out PacketDescriptor descriptor));
        Packet packet = pool.Open(ref descriptor);
        packet.TrySetData(new byte[100]);
        foreach ((uint length, ushort offset) in new[] { (uint.MaxValue, (ushort)0), (100u, ushort.MaxValue), (pool.Room + 1, (ushort)0), (pool.Room, (ushort)1) })
        {
            packet.Header->Length = length;
            packet.Header->DataOffset = offset;
            Assert.True(packet.Data.IsEmpty);
            Assert.True(cache.TryClone(ref descriptor, out PacketDescriptor clone));
            Assert.Equal(0, pool.Open(ref clone).Length);
            cache.Free(clone);
        }
    }

    [Fact]
    public async Task Threads_with_caches_of_their_own_never_get_the_same_buffer()
    {
        using PacketPool pool = Small(capacity: 4_096);
        int[] holders = new int[4_096];
        Task[] threads = [.. Enumerable.Range(1, 3).Select(thread => Task.Run(() =>
        {
            PoolCache cache = pool.CreateCache();
            PacketDescriptor[] burst = new PacketDescriptor[200];
            Random random = new(thread);
            for (int round = 0; round < 5_000; round++)
            {
                int count = cache.Allocate(burst.AsSpan(0, random.Next(1, 200)));
                for (int i = 0; i < count; i++)
                    Assert.Equal(0, Interlocked.Exchange(ref holders[burst[i].BufferIndex], thread));
                for (int i = 0; i < count; i++)
                    Assert.Equal(thread, Interlocked.Exchange(ref holders[burst[i].BufferIndex], 0));
                cache.Free(burst.AsSpan(0, count));
            }

            cache.Flush();
        }))];
        await Task.WhenAll(threads);
        Assert.Equal(0, pool.InUse);
        Assert.Equal(0, pool.RejectedFrees);
    }

    [Fact]
    public void Where_the_memory_came_from_is_logged_and_why_not_from_huge_pages()
    {
        ListLogger logger = new();
        using PacketPool pool = new(new PacketPoolOptions { Capacity = 64 }, logger);
        string line = Assert.Single(logger.Lines);
        Assert.Contains(pool.Region.PageKind.ToString(), line, StringComparison.Ordinal);
        if (pool.Region.FallbackReason is { } reason)
            Assert.Contains(reason, line, StringComparison.Ordinal);
    }

    [Fact]
    public void Jumbo_frames_fit_where_the_pool_is_made_for_them()
    {
        using PacketPool pool = Small(capacity: 4, bufferSize: 9_216);
        Assert.True(pool.CreateCache().TryAllocate(out PacketDescriptor descriptor));
        Assert.True(pool.Open(ref descriptor).TrySetData(new byte[9_216]));
        Assert.False(pool.Open(ref descriptor).TrySetData(new byte[9_217]));
        Assert.Equal(9_216, pool.Open(ref descriptor).Length);
    }

    private sealed class ListLogger : ILogger
    {
        public List<string> Lines { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Add(formatter(state, exception));
    }
}
