using System.Runtime.CompilerServices;
using OpenNetVM.Core.LoadBalancing;

namespace OpenNetVM.Core.Services;

/// <summary>
/// Immutable snapshot of the instances among which a service's packets are spread. The registry replaces it as a whole when an
/// instance comes or goes; the data path reads the reference once per run of packets and needs no lock.
/// </summary>
internal sealed class InstanceSet
{
    internal static readonly InstanceSet Empty = new([], null);

    private readonly NfInstance[] _instances;
    private readonly BalancerTable _table;

    internal InstanceSet(NfInstance[] instances, ILoadBalancer? balancer)
    {
        _instances = instances;
        Single = instances.Length == 1 ? instances[0] : null;
        if (instances.Length < 2 || balancer is null)
            return;

        BalancedInstance[] balanced = Array.ConvertAll(instances, static instance => new BalancedInstance(instance.Id, 1));
        _table = BalancerTable.Create(balancer, balanced);
    }

    /// <summary>The only instance, if there is only one.</summary>
    internal NfInstance? Single { get; }

    internal bool IsEmpty => _instances.Length == 0;

    /// <summary>In the order of their ids.</summary>
    internal ReadOnlySpan<NfInstance> Instances => _instances;

    /// <summary>The instance with an id, null if it gets no packets at the moment.</summary>
    internal NfInstance? Find(InstanceId id)
    {
        int low = 0;
        int high = _instances.Length - 1;
        while (low <= high)
        {
            int middle = (low + high) / 2;
            int order = _instances[middle].Id.CompareTo(id);
            if (order == 0)
                return _instances[middle];
            if (order < 0)
                low = middle + 1;
            else
                high = middle - 1;
        }

        return null;
    }

    /// <summary>The instance for a hash. The set must not be empty.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal NfInstance Select(uint hash) => Single ?? _instances[_table.Select(hash)];
}
