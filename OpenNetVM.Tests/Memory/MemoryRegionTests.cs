using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using Microsoft.Win32.SafeHandles;
using OpenNetVM.Core.Memory;
using OpenNetVM.Tests.Rings;

namespace OpenNetVM.Tests.Memory;

public sealed class MemoryRegionTests
{
    private const int Megabyte = 1 << 20;

    private static readonly MemoryRegionOptions Shared = new() { Shared = true, Name = "shared test region" };

    [Theory]
    [InlineData(1, HugePagePolicy.Preferred)]
    [InlineData(4096, HugePagePolicy.Never)]
    [InlineData(5 * Megabyte + 17, HugePagePolicy.Preferred)]
    [InlineData(5 * Megabyte + 17, HugePagePolicy.Never)]
    public void A_new_region_is_zero_and_can_be_written_to_its_last_byte(int bytes, HugePagePolicy policy)
    {
        using var region = MemoryRegion.Allocate(bytes, new MemoryRegionOptions { HugePages = policy });
        Assert.Equal(bytes, region.Length);
        Span<byte> all = region.Slice(0, bytes);
        Assert.Equal(-1, all.IndexOfAnyExcept((byte)0));
        all.Fill(0x5A);
        Assert.Equal(0x5A, region.Slice(bytes - 1, 1)[0]);
    }

    [Fact]
    public void A_region_of_normal_pages_has_no_fallback_to_explain()
    {
        using var region = MemoryRegion.Allocate(4 * Megabyte, new MemoryRegionOptions { HugePages = HugePagePolicy.Never });
        Assert.Equal(MemoryPageKind.Normal, region.PageKind);
        Assert.Null(region.FallbackReason);
        Assert.Null(region.NumaFallbackReason);
        Assert.Null(region.SharedHandle);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Preferred_huge_pages_are_had_or_the_reason_is_told(bool shared)
    {
        if (shared)
            RingSkips.UnlessSharedMemory();
        using var region = MemoryRegion.Allocate(6 * Megabyte, new MemoryRegionOptions { Shared = shared });
        if (region.PageKind == MemoryPageKind.Huge2M)
            Assert.Null(region.FallbackReason);
        else
            Assert.False(string.IsNullOrWhiteSpace(region.FallbackReason));
        region.Slice(6 * Megabyte - 1, 1)[0] = 1;
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Required_huge_pages_are_had_where_enough_are_free(bool shared)
    {
        RingSkips.UnlessSharedMemory();
        const string free = "/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages";
        if (!File.Exists(free) || int.Parse(File.ReadAllText(free), CultureInfo.InvariantCulture) < 4)
            Assert.Skip("Needs 4 free pages of 2 MB: sysctl -w vm.nr_hugepages=4");
        var options = new MemoryRegionOptions { HugePages = HugePagePolicy.Required, Shared = shared };
        // Not a whole number of pages: the mapping, and its end, are rounded up.
        using var region = MemoryRegion.Allocate(3 * Megabyte + 5, options);
        Assert.Equal(MemoryPageKind.Huge2M, region.PageKind);
        Assert.Null(region.FallbackReason);
        region.Slice(3 * Megabyte, 5).Fill(3);
        if (!shared)
            return;
        using var second = MemoryRegion.Attach(region.SharedHandle!, region.Length);
        Assert.Equal(MemoryPageKind.Huge2M, second.PageKind);
        Assert.Equal([3, 3, 3, 3, 3], second.Slice(3 * Megabyte, 5).ToArray());
    }

    [Fact]
    public void Required_huge_pages_that_are_not_there_are_refused_with_the_command_that_helps()
    {
        RingSkips.UnlessSharedMemory();
        // More than any machine reserves by chance, less than the memory it has.
        long bytes = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 10 * 9;
        var e = Assert.Throws<InsufficientMemoryException>(
            () => MemoryRegion.Allocate(bytes, new MemoryRegionOptions { HugePages = HugePagePolicy.Required, Name = "greedy" }).Dispose());
        Assert.Contains("greedy", e.Message, StringComparison.Ordinal);
        Assert.Contains("2 MB", e.Message, StringComparison.Ordinal);
        Assert.Contains("sysctl -w vm.nr_hugepages=", e.Message, StringComparison.Ordinal);
        Assert.Contains(((bytes + 2 * Megabyte - 1) / (2 * Megabyte)).ToString(CultureInfo.InvariantCulture), e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void More_than_the_machine_has_is_refused_with_the_numbers()
    {
        long present = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        var e = Assert.Throws<InsufficientMemoryException>(() => MemoryRegion.Allocate(present + 1));
        Assert.Contains((present + 1).ToString("N0", CultureInfo.InvariantCulture), e.Message, StringComparison.Ordinal);
        Assert.Contains(present.ToString("N0", CultureInfo.InvariantCulture), e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(long.MinValue)]
    public void A_length_below_one_is_refused(long bytes) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => MemoryRegion.Allocate(bytes));

    [Theory]
    [InlineData(-1, 1)]
    [InlineData(0, 101)]
    [InlineData(100, 1)]
    [InlineData(101, 0)]
    [InlineData(50, -1)]
    [InlineData(99, 2)]
    [InlineData(long.MaxValue, 1)]
    [InlineData(1, int.MaxValue)]
    public void A_slice_outside_the_region_is_refused(long offset, int length)
    {
        using var region = MemoryRegion.Allocate(100);
        Assert.Throws<ArgumentOutOfRangeException>(() => region.Slice(offset, length));
    }

    [Fact]
    public void Slices_at_the_edges_are_given()
    {
        using var region = MemoryRegion.Allocate(100);
        Assert.Equal(100, region.Slice(0, 100).Length);
        Assert.Equal(0, region.Slice(100, 0).Length);
        Assert.Equal(1, region.Slice(99, 1).Length);
    }

    [Fact]
    public void A_disposed_region_gives_no_slice()
    {
        var region = MemoryRegion.Allocate(100, new MemoryRegionOptions { Name = "gone" });
        region.Dispose();
        region.Dispose();
        Assert.Contains("gone", Assert.Throws<ObjectDisposedException>(() => region.Slice(0, 1)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_mappings_of_a_shared_region_show_the_same_bytes_at_different_addresses()
    {
        RingSkips.UnlessSharedMemory();
        using var first = MemoryRegion.Allocate(3 * Megabyte, Shared);
        using var second = MemoryRegion.Attach(first.SharedHandle!, first.Length);
        Assert.False(Unsafe.AreSame(ref first.Slice(5, 1)[0], ref second.Slice(5, 1)[0]));
        first.Slice(3 * Megabyte - 4, 4).Fill(7);
        Assert.Equal([7, 7, 7, 7], second.Slice(3 * Megabyte - 4, 4).ToArray());
        second.Slice(0, 1)[0] = 9;
        Assert.Equal(9, first.Slice(0, 1)[0]);
    }

    [Fact]
    public void A_mapping_outlives_the_region_it_came_from()
    {
        RingSkips.UnlessSharedMemory();
        var first = MemoryRegion.Allocate(Megabyte, Shared);
        first.Slice(0, 1)[0] = 42;
        using var second = MemoryRegion.Attach(first.SharedHandle!, first.Length);
        first.Dispose();
        Assert.True(first.SharedHandle!.IsClosed);
        Assert.Equal(42, second.Slice(0, 1)[0]);
    }

    [Fact]
    public void Another_process_sees_and_changes_a_shared_region()
    {
        RingSkips.UnlessSharedMemory();
        using var region = MemoryRegion.Allocate(Megabyte, Shared);
        "from parent"u8.CopyTo(region.Slice(4096, 11));
        string path = $"/proc/{Environment.ProcessId}/fd/{region.SharedHandle!.DangerousGetHandle()}";
        var start = new ProcessStartInfo("/bin/sh") { RedirectStandardOutput = true };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add(
            $"dd if={path} bs=1 skip=4096 count=11 2>/dev/null && printf 'from child' | dd of={path} bs=1 seek=8192 conv=notrunc 2>/dev/null");
        using var child = Process.Start(start)!;
        string output = child.StandardOutput.ReadToEnd();
        child.WaitForExit();
        Assert.Equal(0, child.ExitCode);
        Assert.Equal("from parent", output);
        Assert.Equal("from child"u8.ToArray(), region.Slice(8192, 10).ToArray());
    }

    [Fact]
    public void No_holder_of_the_handle_can_change_the_size()
    {
        RingSkips.UnlessSharedMemory();
        using var region = MemoryRegion.Allocate(Megabyte, Shared);
        Assert.ThrowsAny<Exception>(() => RandomAccess.SetLength(region.SharedHandle!, 4096));
        Assert.ThrowsAny<Exception>(() => RandomAccess.SetLength(region.SharedHandle!, 8 * Megabyte));
        Assert.Equal(0, region.Slice(Megabyte - 1, 1)[0]);
    }

    [Fact]
    public void Attaching_more_than_there_is_or_what_is_no_region_is_refused()
    {
        RingSkips.UnlessSharedMemory();
        using var region = MemoryRegion.Allocate(4096, Shared);
        Assert.Throws<ArgumentException>(() => MemoryRegion.Attach(region.SharedHandle!, 64 * Megabyte));
        Assert.Throws<ArgumentOutOfRangeException>(() => MemoryRegion.Attach(region.SharedHandle!, 0));

        string file = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(file, new byte[8192]);
            using SafeFileHandle handle = File.OpenHandle(file, FileMode.Open, FileAccess.ReadWrite);
            Assert.Equal("handle", Assert.Throws<ArgumentException>(() => MemoryRegion.Attach(handle, 4096)).ParamName);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void A_numa_node_is_used_or_the_reason_is_told()
    {
        RingSkips.UnlessSharedMemory();
        using var first = MemoryRegion.Allocate(Megabyte, new MemoryRegionOptions { NumaNode = 0 });
        Assert.True(first.NumaNode == 0 || first.NumaFallbackReason is not null);
        using var absent = MemoryRegion.Allocate(Megabyte, new MemoryRegionOptions { NumaNode = 1000 });
        Assert.Null(absent.NumaNode);
        Assert.Contains("1000", absent.NumaFallbackReason, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => MemoryRegion.Allocate(Megabyte, new MemoryRegionOptions { NumaNode = -1 }));
    }
}
