using System.Diagnostics;
using System.Globalization;
using System.Text;
using OpenNetVM.Core.Memory;
using OpenNetVM.Core.Packets;
using OpenNetVM.Core.Services;

namespace OpenNetVM.Testing;

/// <summary>
/// A packet pool that insists on getting every buffer back exactly once: <see cref="AssertNoLeaks"/>, and with it <see cref="Dispose"/>, fails where a
/// test left packets unfreed or freed one twice. Thread-safe as the pool is; check when everything that uses the pool is quiet.
/// </summary>
/// <remarks>
/// With <c>using</c>, a leak that follows from a failed assertion hides that assertion, because the exception of Dispose replaces it. Where that
/// misleads, set <see cref="ChecksOnDispose"/> to false and call <see cref="AssertNoLeaks"/> at the end of the test.
/// </remarks>
public sealed class LeakCheckingPool : IDisposable
{
    private const int MostPlacesShown = 5;
    private readonly string?[]? _places;
    private bool _disposed;

    /// <summary>Makes a pool.</summary>
    /// <param name="options">Size and shape; null for the defaults.</param>
    /// <param name="recordAllocations">True to remember for every buffer where it was allocated, for the message; slow, so switch it on to look for a leak.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of range.</exception>
    public LeakCheckingPool(PacketPoolOptions? options = null, bool recordAllocations = false)
    {
        Pool = new PacketPool(options);
        if (!recordAllocations)
            return;
        _places = new string?[Pool.Capacity];
        Pool.Allocated = Record;
    }

    /// <summary>The pool, to be given to what is tested. Its owner is this object.</summary>
    public PacketPool Pool { get; }

    /// <summary>Whether <see cref="Dispose"/> checks. Default true.</summary>
    public bool ChecksOnDispose { get; set; } = true;

    /// <summary>Buffers that are out of the pool.</summary>
    public int InUse => Pool.InUse;

    /// <summary>Makes a cache for one thread, to allocate and free through.</summary>
    public PoolCache CreateCache() => Pool.CreateCache();

    /// <summary>Fails unless every buffer is back in the pool and nothing was freed twice or freed that is not of the pool.</summary>
    /// <exception cref="TestAssertionException">Buffers are missing (the message says how many, which, who holds them and, if recorded, where they were
    /// allocated), or frees were rejected.</exception>
    /// <exception cref="ObjectDisposedException">The pool was disposed.</exception>
    public void AssertNoLeaks()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        StringBuilder text = new();
        List<int> leaked = FindLeaked();
        if (leaked.Count > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"{leaked.Count} of the pool's {Pool.Capacity} buffers {(leaked.Count == 1 ? "was" : "were")} not freed: ");
            text.AppendJoin(", ", leaked.Take(MostPlacesShown).Select(index => string.Create(CultureInfo.InvariantCulture, $"{index} (held by {HolderOf(index)})")));
            text.Append(leaked.Count > MostPlacesShown ? ", ...\n" : ".\n");
            if (_places is null)
                text.Append("To see where they were allocated, make the pool with recordAllocations: true.\n");
            else
                AppendPlaces(text, leaked, _places);
        }

        if (Pool.RejectedFrees is var rejected and > 0)
            text.Append(CultureInfo.InvariantCulture, $"{rejected} {(rejected == 1 ? "free was" : "frees were")} rejected: the buffer was free already (freed twice), or is not of the pool.\n");
        if (text.Length > 0)
            throw new TestAssertionException(text.ToString());
    }

    /// <summary>Checks as <see cref="AssertNoLeaks"/> does, if <see cref="ChecksOnDispose"/> says so, and returns the memory in any case.</summary>
    /// <exception cref="TestAssertionException">Buffers are missing, or frees were rejected.</exception>
    public void Dispose()
    {
        if (_disposed)
            return;
        try
        {
            if (ChecksOnDispose)
                AssertNoLeaks();
        }
        finally
        {
            _disposed = true;
            Pool.Dispose();
        }
    }

    private static void AppendPlaces(StringBuilder text, List<int> leaked, string?[] places)
    {
        foreach (IGrouping<string, int> place in leaked.GroupBy(index => places[index] ?? "   an unknown place\n").OrderByDescending(group => group.Count()).Take(MostPlacesShown))
            text.Append(CultureInfo.InvariantCulture, $"{place.Count()} allocated\n{place.Key}");
    }

    private unsafe List<int> FindLeaked()
    {
        List<int> leaked = [];
        for (int i = 0; i < Pool.Capacity; i++)
        {
            if (Volatile.Read(ref Pool.Owners[i]) != BufferOwner.Free)
                leaked.Add(i);
        }

        return leaked;
    }

    private unsafe string HolderOf(int index)
    {
        uint owner = BufferOwner.Owner(Volatile.Read(ref Pool.Owners[index]));
        return owner == BufferOwner.Manager ? "the platform or the test" : new InstanceId((ushort)owner).ToString();
    }

    private void Record(ReadOnlySpan<PacketDescriptor> burst)
    {
        // Without this method and the cache's own.
        string place = new StackTrace(2, fNeedFileInfo: true).ToString();
        foreach (ref readonly PacketDescriptor descriptor in burst)
            _places![descriptor.BufferIndex] = place;
    }
}
