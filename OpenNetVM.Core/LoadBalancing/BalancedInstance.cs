using OpenNetVM.Core.Services;

namespace OpenNetVM.Core.LoadBalancing;

/// <summary>An instance of a service as a load balancer sees it. Immutable.</summary>
/// <param name="Id">The instance; policies that keep flows in place depend on it alone, not on its position.</param>
/// <param name="Weight">Its share of the flows relative to the others', 1 to <see cref="MaxWeight"/>.</param>
public readonly record struct BalancedInstance(InstanceId Id, int Weight = 1)
{
    /// <summary>The highest weight.</summary>
    public const int MaxWeight = 65_535;

    /// <summary>Checks what every policy requires: at least one instance, ascending valid ids, weights in range.</summary>
    internal static void ThrowIfUnusable(ReadOnlySpan<BalancedInstance> instances)
    {
        if (instances.IsEmpty)
            throw new ArgumentException("A load balancer needs at least one instance; a service without running instances has no table.", nameof(instances));
        InstanceId previous = default;
        foreach (BalancedInstance instance in instances)
        {
            if (!instance.Id.IsValid)
                throw new ArgumentException($"Id {instance.Id.Value} is no instance; ids are 1 to {InstanceId.MaxValue}.", nameof(instances));
            if (instance.Id <= previous)
                throw new ArgumentException($"Instances must be ordered by id, each once; {instance.Id} follows {previous}.", nameof(instances));
            if (instance.Weight is < 1 or > MaxWeight)
                throw new ArgumentException($"The weight of {instance.Id} is {instance.Weight}; weights are 1 to {MaxWeight}.", nameof(instances));
            previous = instance.Id;
        }
    }
}
