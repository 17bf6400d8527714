namespace OpenNetVM.Core.LoadBalancing;

/// <summary>
/// RSS hash modulo the number of instances: OpenNetVM's own rule, and the default. Immutable, safe to use from any thread.
/// </summary>
/// <remarks>
/// The smallest table and the most even spread, but when the number of instances changes from n to n + 1, the share n / (n + 1) of
/// all flows moves; where that matters use <see cref="Maglev"/> or <see cref="Rendezvous"/>. Weights are ignored: every instance
/// gets the same share. Source: W. Zhang et al., "OpenNetVM: A Platform for High Performance Network Service Chains", 2016, 3.3.
/// </remarks>
public sealed class RssModulo : ILoadBalancer
{
    /// <inheritdoc/>
    public string Name => "rss-modulo";

    /// <inheritdoc/>
    public int[] BuildTable(ReadOnlySpan<BalancedInstance> instances)
    {
        BalancedInstance.ThrowIfUnusable(instances);
        int[] table = new int[instances.Length];
        for (int slot = 0; slot < table.Length; slot++)
            table[slot] = slot;
        return table;
    }
}
