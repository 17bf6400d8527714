namespace OpenNetVM.Benchmarks.Reference;

/// <summary>
/// The paper's architecture in C on DPDK (chain_reference.c), loaded into this process so that it can be measured in turn with ours. DPDK starts once
/// in a process and cannot be unloaded, so neither can this.
/// </summary>
internal sealed unsafe class ChainReference
{
    // 384 MiB: enough for the pool, the rings, and a table of a million flows.
    private const int HugePages = 192;

    private ChainReference(ReferenceLibrary library)
    {
        Create = (delegate* unmanaged<ReferenceChain.Config*, nint*, int>)library.Function("chain_create");
        Destroy = (delegate* unmanaged<nint, void>)library.Function("chain_destroy");
        Run = (delegate* unmanaged<nint, ulong, ReferenceChain.Result*, int>)library.Function("chain_run");
        Latency = (delegate* unmanaged<nint, ulong, ulong, ulong, uint*, uint, ReferenceChain.Result*, int>)library.Function("chain_latency");
    }

    internal delegate* unmanaged<ReferenceChain.Config*, nint*, int> Create { get; }

    internal delegate* unmanaged<nint, void> Destroy { get; }

    internal delegate* unmanaged<nint, ulong, ReferenceChain.Result*, int> Run { get; }

    internal delegate* unmanaged<nint, ulong, ulong, ulong, uint*, uint, ReferenceChain.Result*, int> Latency { get; }

    /// <summary>Compiles and loads it where that is possible, and starts DPDK.</summary>
    /// <param name="missing">What to do on this machine, where null is returned.</param>
    internal static ChainReference? TryLoad(out string missing)
    {
        if (ReferenceLibrary.TryLoad("chain_reference.c", out missing) is not { } library)
            return null;
        missing = RteEal.WhyNot(HugePages) ?? "";
        return missing.Length == 0 ? new ChainReference(library) : null;
    }
}
