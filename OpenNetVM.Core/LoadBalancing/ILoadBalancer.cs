namespace OpenNetVM.Core.LoadBalancing;

/// <summary>
/// A policy that spreads the flows of a service over its instances. An implementation must be safe to call from any thread and
/// should be immutable: the same instances must give the same table at any time, in any process.
/// </summary>
/// <remarks>
/// The data path knows one rule only: a packet goes to the instance in slot <c>hash % length</c> of the table, where the hash is
/// the packet's RSS hash. As that hash is the same for both directions of a flow (symmetric RSS), so is the instance. A policy
/// merely fills the table when the set of running instances changes; it never sees a packet.
/// </remarks>
public interface ILoadBalancer
{
    /// <summary>Names the policy in logs and configuration, for example "maglev".</summary>
    string Name { get; }

    /// <summary>
    /// Makes the table for a set of instances. Called under the service registry's lock, whenever the running instances of a
    /// service change: it must not call the registry.
    /// </summary>
    /// <param name="instances">The running instances, at least one, in ascending order of their ids.</param>
    /// <returns>
    /// For each slot the index of an instance in <paramref name="instances"/>. 1 to <see cref="MaxSlots"/> slots, but not a
    /// multiple of 65,537: the halves of a symmetric RSS hash are equal, so it is itself a multiple of 65,537, and every flow
    /// would use slot 0.
    /// </returns>
    /// <exception cref="ArgumentException">The policy cannot balance these instances; the message says why.</exception>
    int[] BuildTable(ReadOnlySpan<BalancedInstance> instances);

    /// <summary>The most slots of a table.</summary>
    const int MaxSlots = 1 << 24;
}
