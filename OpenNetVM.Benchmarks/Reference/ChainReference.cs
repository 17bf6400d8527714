using System.Runtime.InteropServices;

namespace OpenNetVM.Benchmarks.Reference;

/// <summary>
/// The paper's architecture in C on DPDK (chain_reference.c), loaded into this process so that it can be measured in turn with ours. DPDK starts once
/// in a process and cannot be unloaded, so neither can this.
/// </summary>
internal sealed unsafe class ChainReference
{
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
        int error = ((delegate* unmanaged<int>)library.Function("chain_init"))();
        if (error == 0)
            return new ChainReference(library);
        missing = $"DPDK does not start here: {Marshal.GetPInvokeErrorMessage(error)} (errno {error}). It needs 384 MiB of huge pages (sysctl vm.nr_hugepages=192) or 1 GiB of other memory";
        return null;
    }
}
