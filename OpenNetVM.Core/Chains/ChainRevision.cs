using OpenNetVM.Core.Services;

namespace OpenNetVM.Core.Chains;

/// <summary>
/// The steps that a chain id had at one time. Packets name the revision that they were classified to, so that replacing a chain
/// neither skips nor repeats a service for the packets under way. Immutable.
/// </summary>
internal sealed class ChainRevision
{
    private readonly CompiledStep[] _steps;

    internal ChainRevision(ChainId id, ushort slot, ServiceChain chain, CompiledStep[] steps, bool isFixed)
    {
        Id = id;
        Slot = slot;
        Chain = chain;
        _steps = steps;
        IsFixed = isFixed;
    }

    internal ChainId Id { get; }

    /// <summary>What packets carry.</summary>
    internal ushort Slot { get; }

    internal ServiceChain Chain { get; }

    /// <summary>Whether packets finish the chain whatever the flow director says meanwhile.</summary>
    internal bool IsFixed { get; }

    internal ReadOnlySpan<CompiledStep> Steps => _steps;

    /// <summary>
    /// The step at which a packet goes on that was moved to this chain while <paramref name="from"/> had it: the one behind that
    /// service's, or the first if the chain does not visit that service.
    /// </summary>
    internal int PositionAfter(Service? from)
    {
        if (from is null)
            return 0;
        for (int i = 0; i < _steps.Length; i++)
        {
            if (_steps[i].Service == from)
                return i + 1;
        }

        return 0;
    }

    /// <summary>The first step to <paramref name="service"/> behind <paramref name="hop"/>, or -1.</summary>
    internal int FindAfter(Service service, int hop)
    {
        for (int i = hop + 1; i < _steps.Length; i++)
        {
            if (_steps[i].Service == service)
                return i;
        }

        return -1;
    }
}
