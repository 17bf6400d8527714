using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using OpenNetVM.Core.Chains;
using OpenNetVM.Core.Ports;
using OpenNetVM.Core.Services;

namespace OpenNetVM.OpenFlow.Datapath;

/// <summary>
/// The service chains of the paths in use. Flows of one path share a chain; a path that nothing has used for a while gives its chains back. Safe from any thread.
/// </summary>
internal sealed class PathTable(ChainTable chains, ServiceId self, int capacity, TimeProvider time, ILogger logger)
{
    // Longer than any packet is between being sent to a chain and starting on it.
    private static readonly TimeSpan UnusedFor = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private readonly Dictionary<SwitchPath, PathEntry> _entries = [];
    private readonly ConcurrentDictionary<ChainId, PathEntry> _byChain = [];
    // Each costs a copy of the table of chains, and packets wait meanwhile.
    private const int TrimmedAtOnce = 64;

    // Paths that no chain can be made for, until the next look: a service or port may be added.
    private readonly HashSet<SwitchPath> _refused = [];
    private bool _isFull;
    private bool _isClosed;

    /// <summary>Number of paths.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _entries.Count;
        }
    }

    /// <summary>The path whose chain this is: a packet that comes back to the SDN function on it is to be worked on.</summary>
    public bool TryFind(ChainId chain, [NotNullWhen(true)] out SwitchPath? path)
    {
        path = _byChain.TryGetValue(chain, out PathEntry? entry) ? entry.Path : null;
        return path is not null;
    }

    /// <summary>A path with its chain. Null where a service or port of it does not exist (any more), or there is no room for another path.</summary>
    public PathEntry? Get(SwitchPath path)
    {
        lock (_gate)
        {
            if (!_entries.TryGetValue(path, out PathEntry? entry))
            {
                if (_isClosed || _refused.Contains(path) || IsFull() || Add(path, isFixed: true) is not { } chain)
                    return null;
                entry = new PathEntry(path, chain);
                _entries.Add(path, entry);
                _byChain[chain] = entry;
            }

            entry.LastUsed = time.GetTimestamp();
            return entry;
        }
    }

    /// <summary>A path for a flow that is about to be installed; <see cref="Return"/> is called when it goes.</summary>
    public PathEntry? GetForFlow(SwitchPath path)
    {
        lock (_gate)
        {
            if (Get(path) is not { } entry)
                return null;
            if (entry.FlowChain is null)
            {
                if (Add(path, isFixed: false) is not { } chain)
                    return null;
                entry.FlowChain = chain;
                _byChain[chain] = entry;
            }

            entry.Flows++;
            return entry;
        }
    }

    /// <summary>A flow of the path went.</summary>
    public void Return(PathEntry entry)
    {
        lock (_gate)
        {
            entry.Flows--;
            entry.LastUsed = time.GetTimestamp();
        }
    }

    /// <summary>Gives back the chains of paths that were not used for a while; of all that have no flow where that is asked for.</summary>
    public void Trim(bool all = false)
    {
        lock (_gate)
        {
            _refused.Clear();
            foreach (PathEntry entry in _entries.Values.Where(entry => entry.Flows == 0 && (all || time.GetElapsedTime(entry.LastUsed) >= UnusedFor)).Take(all ? int.MaxValue : TrimmedAtOnce).ToArray())
            {
                _entries.Remove(entry.Path);
                Remove(entry.Chain);
                if (entry.FlowChain is { } chain)
                    Remove(chain);
            }
        }
    }

    /// <summary>Gives back all chains; there will be no others.</summary>
    public void Close()
    {
        lock (_gate)
            _isClosed = true;
        Trim(all: true);
    }

    private void Remove(ChainId chain)
    {
        _byChain.TryRemove(chain, out _);
        chains.Remove(chain);
    }

    private bool IsFull()
    {
        if (_entries.Count < capacity)
        {
            _isFull = false;
            return false;
        }

        if (!_isFull)
            logger.LogWarning("The rules lead packets along more than {Capacity} different paths: further ones are dropped. See SdnSwitchOptions.MaxPaths", capacity);
        _isFull = true;
        return true;
    }

    private ChainId? Add(SwitchPath path, bool isFixed)
    {
        List<ChainStep> steps = new(path.Services.Count + 2);
        foreach (ServiceId service in path.Services)
            steps.Add(ChainStep.To(service));
        if (path.HasWork)
            steps.Add(ChainStep.To(self));
        steps.Add(path.Port == PortId.None ? ChainStep.ToDrop : ChainStep.To(path.Port));
        try
        {
            ServiceChain chain = new(steps);
            return isFixed ? chains.AddFixed(chain) : chains.Add(chain);
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException)
        {
            // A service or port that a rule names and that does not exist, or went a moment ago; or no room for chains.
            logger.LogDebug("Packets cannot be sent along a path of the controller's: {Reason}", exception.Message);
            if (_refused.Count < capacity)
                _refused.Add(path);
            return null;
        }
    }
}
