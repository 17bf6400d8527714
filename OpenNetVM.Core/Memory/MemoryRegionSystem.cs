using System.Globalization;
using System.Runtime.InteropServices;

namespace OpenNetVM.Core.Memory;

/// <summary>What the running Linux system tells about its memory: free huge pages, merged pages, NUMA nodes, the last error.</summary>
internal static unsafe class MemoryRegionSystem
{
    private const string HugePageDirectory = "/sys/kernel/mm/hugepages/hugepages-2048kB";

    /// <summary>Why 2 MB pages could not be had, and the command that helps.</summary>
    public static string DescribeHugePageShortage(long needed, int error)
    {
        if (!Directory.Exists(HugePageDirectory))
            return "this kernel has no pages of 2 MB";
        long total = ReadNumber($"{HugePageDirectory}/nr_hugepages");
        long free = ReadNumber($"{HugePageDirectory}/free_hugepages");
        long reserved = ReadNumber($"{HugePageDirectory}/resv_hugepages");
        long usable = Math.Max(0, free - reserved);
        if (usable >= needed)
            return $"{needed} pages of 2 MB are needed and {usable} are free, but the system refused them ({Describe(error)})";
        return $"vm.nr_hugepages has {usable} free pages of 2 MB, {needed} are needed: run 'sysctl -w vm.nr_hugepages={total - usable + needed}'";
    }

    public static InsufficientMemoryException Refused(string name, long bytes, int error)
    {
        GCMemoryInfo info = GC.GetGCMemoryInfo();
        return new InsufficientMemoryException(
            $"The system refused {bytes:N0} bytes for region '{name}' ({Describe(error)}); this process may use {info.TotalAvailableMemoryBytes:N0} bytes, " +
            $"of which the machine has {info.TotalAvailableMemoryBytes - info.MemoryLoadBytes:N0} free. See 'ulimit -v' and the container's memory limit.");
    }

    public static string LastError() => Describe(Marshal.GetLastPInvokeError());

    /// <summary>Whether the kernel merged pages of the mapping that holds an address, as /proc tells it (proc(5), smaps).</summary>
    public static MemoryPageKind MergedPageKind(nint address)
    {
        try
        {
            bool inMapping = false;
            foreach (string line in File.ReadLines("/proc/self/smaps"))
            {
                if (!inMapping)
                {
                    inMapping = ContainsAddress(line, (ulong)address);
                    continue;
                }

                if (line.StartsWith("VmFlags:", StringComparison.Ordinal))
                    break;
                bool counts = line.StartsWith("AnonHugePages:", StringComparison.Ordinal) || line.StartsWith("ShmemPmdMapped:", StringComparison.Ordinal);
                if (counts && !line.EndsWith(" 0 kB", StringComparison.Ordinal))
                    return MemoryPageKind.TransparentHuge;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // No /proc: the kind is not known, and the base kind claims the least.
        }

        return MemoryPageKind.Normal;
    }

    /// <summary>The kernel's setting for merging base pages into huge ones, as a part of a message.</summary>
    public static string TransparentHugePageSetting(bool shared)
    {
        string file = shared ? "shmem_enabled" : "enabled";
        return $"transparent_hugepage/{file} is '{ReadText($"/sys/kernel/mm/transparent_hugepage/{file}", "missing")}'";
    }

    /// <summary>Asks for a range to be filled from a node.</summary>
    /// <returns>null where the request holds, else why it does not.</returns>
    public static string? PreferNode(nint address, long bytes, int node)
    {
        if (!Directory.Exists($"/sys/devices/system/node/node{node.ToString(CultureInfo.InvariantCulture)}"))
            return $"this machine has no NUMA node {node} (nodes online: {ReadText("/sys/devices/system/node/online", "unknown")})";
        if (!Directory.Exists("/sys/devices/system/node/node1"))
            return null; // One node: all memory is its memory.
        if (MemoryRegionNative.MbindNumber < 0)
            return $"placing memory on a NUMA node is not supported on {RuntimeInformation.ProcessArchitecture}";
        const int maximumNodes = 1024;
        if (node >= maximumNodes)
            return $"NUMA nodes are numbered below {maximumNodes}";
        ulong* mask = stackalloc ulong[maximumNodes / 64];
        new Span<ulong>(mask, maximumNodes / 64).Clear();
        mask[node / 64] = 1UL << (node % 64);
        // Preferred, not bound: a node that runs short must not make later faults of this range fatal.
        long result = MemoryRegionNative.mbind(
            MemoryRegionNative.MbindNumber, (void*)address, (nuint)bytes, MemoryRegionNative.PolicyPreferred, mask, maximumNodes, 0);
        return result == 0 ? null : $"the system refused NUMA node {node} ({LastError()})";
    }

    /// <summary>Whether a line is the head of a mapping ("start-end flags ...", hexadecimal) that holds an address.</summary>
    internal static bool ContainsAddress(string line, ulong address)
    {
        int dash = line.IndexOf('-', StringComparison.Ordinal);
        int space = line.IndexOf(' ', StringComparison.Ordinal);
        return dash > 0 && space > dash
            && ulong.TryParse(line.AsSpan(0, dash), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong start)
            && ulong.TryParse(line.AsSpan(dash + 1, space - dash - 1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong end)
            && address >= start && address < end;
    }

    private static string Describe(int error) => $"error {error}: {Marshal.GetPInvokeErrorMessage(error)}";

    private static long ReadNumber(string path) =>
        long.TryParse(ReadText(path, "0"), NumberStyles.None, CultureInfo.InvariantCulture, out long value) ? value : 0;

    private static string ReadText(string path, string otherwise)
    {
        try
        {
            return File.ReadAllText(path).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return otherwise;
        }
    }
}
