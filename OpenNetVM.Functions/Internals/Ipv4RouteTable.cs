namespace OpenNetVM.Functions.Internals;

/// <summary>
/// Longest-prefix match over IPv4 prefixes. Immutable, safe from any thread.
/// </summary>
/// <remarks>
/// Nested prefixes cut the addresses into at most twice as many ranges as there are prefixes, plus one. The table is those ranges by their first address, so
/// that a lookup is one binary search, whatever the lengths of the prefixes.
/// </remarks>
internal sealed class Ipv4RouteTable
{
    /// <summary>What <see cref="Find"/> returns for an address that no prefix covers.</summary>
    public const int None = -1;

    private readonly uint[] _starts;
    private readonly int[] _targets;

    /// <summary>Makes a table. Where a prefix is given twice, the later target holds.</summary>
    public Ipv4RouteTable(IEnumerable<(uint Network, int Length, int Target)> prefixes)
    {
        List<(uint Start, int Target)> ranges = [(0, None)];
        Stack<(uint End, int Target)> open = [];
        void Begin(uint start, int target)
        {
            if (ranges[^1].Start == start)
                ranges.RemoveAt(ranges.Count - 1);
            ranges.Add((start, target));
        }

        // Where a prefix ends, the one around it goes on.
        void EndBefore(ulong address)
        {
            while (open.TryPeek(out (uint End, int Target) inner) && inner.End < address)
            {
                open.Pop();
                if (inner.End != uint.MaxValue)
                    Begin(inner.End + 1, open.TryPeek(out (uint End, int Target) outer) ? outer.Target : None);
            }
        }

        // Outer prefixes before those in them; the order is stable, so the last of equals ends up innermost.
        foreach ((uint network, int length, int target) in prefixes.OrderBy(static prefix => prefix.Network & Mask(prefix.Length)).ThenBy(static prefix => prefix.Length))
        {
            uint start = network & Mask(length);
            EndBefore(start);
            Begin(start, target);
            open.Push((start | ~Mask(length), target));
        }

        EndBefore(1UL << 32);
        _starts = [.. ranges.Select(static range => range.Start)];
        _targets = [.. ranges.Select(static range => range.Target)];
    }

    /// <summary>The bits of an address that belong to the network.</summary>
    public static uint Mask(int length) => length == 0 ? 0 : uint.MaxValue << (32 - length);

    /// <summary>The target of the longest prefix that covers the address, or <see cref="None"/>.</summary>
    public int Find(uint address)
    {
        uint[] starts = _starts;
        int low = 0;
        int count = starts.Length;

        // The answer is among count ranges from low on; the first range starts at 0, so there is one.
        while (count > 1)
        {
            int half = count >> 1;
            low = starts[low + half] <= address ? low + half : low;
            count -= half;
        }

        return _targets[low];
    }
}
