using System.Runtime.InteropServices;
using OpenNetVM.FlowTable;

namespace OpenNetVM.Benchmarks.Reference;

/// <summary>
/// DPDK's cuckoo hash table (librte_hash) with 16-byte keys, 8-byte data and hashes that the caller has computed, as a C program uses it:
/// keys are named by address, lookups go in bursts of at most 64. For one thread.
/// </summary>
internal sealed unsafe class RteHash : IDisposable
{
    private readonly delegate* unmanaged[SuppressGCTransition]<nint, void*, uint, void*, int> _add;
    private readonly delegate* unmanaged[SuppressGCTransition]<nint, void*, uint, int> _remove;
    private readonly delegate* unmanaged[SuppressGCTransition]<nint, void*, uint, void**, int> _lookup;
    private readonly delegate* unmanaged[SuppressGCTransition]<nint, void**, uint*, uint, ulong*, void**, int> _lookupBulk;
    private nint _table;

    internal RteHash(int entries, string name)
    {
        nint nameText = Marshal.StringToCoTaskMemUTF8(name);
        Parameters parameters = new() { Name = nameText, Entries = (uint)entries, KeyLength = (uint)sizeof(Ipv4FlowKey) };
        _table = ((delegate* unmanaged<Parameters*, nint>)RteEal.Function("hash", "rte_hash_create"))(&parameters);
        Marshal.FreeCoTaskMem(nameText);
        if (_table == 0)
            throw new InvalidOperationException($"rte_hash_create refused a table of {entries} entries; are there enough huge pages (sysctl vm.nr_hugepages)?");
        _add = (delegate* unmanaged[SuppressGCTransition]<nint, void*, uint, void*, int>)RteEal.Function("hash", "rte_hash_add_key_with_hash_data");
        _remove = (delegate* unmanaged[SuppressGCTransition]<nint, void*, uint, int>)RteEal.Function("hash", "rte_hash_del_key_with_hash");
        _lookup = (delegate* unmanaged[SuppressGCTransition]<nint, void*, uint, void**, int>)RteEal.Function("hash", "rte_hash_lookup_with_hash_data");
        _lookupBulk = (delegate* unmanaged[SuppressGCTransition]<nint, void**, uint*, uint, ulong*, void**, int>)RteEal.Function("hash", "rte_hash_lookup_with_hash_bulk_data");
    }

    internal bool TryAdd(uint hash, Ipv4FlowKey* key, ulong value) => _add(_table, key, hash, (void*)value) == 0;

    internal bool Remove(uint hash, Ipv4FlowKey* key) => _remove(_table, key, hash) >= 0;

    internal bool TryGetValue(uint hash, Ipv4FlowKey* key, out ulong value)
    {
        void* data;
        bool found = _lookup(_table, key, hash, &data) >= 0;
        value = (ulong)data;
        return found;
    }

    /// <summary>Looks up to 64 keys up.</summary>
    /// <returns>The number of hits.</returns>
    internal int Lookup(uint* hashes, void** keys, int count, ulong* values, out ulong hits)
    {
        ulong mask;
        int found = _lookupBulk(_table, keys, hashes, (uint)count, &mask, (void**)values);
        hits = mask;
        return found;
    }

    public void Dispose()
    {
        if (_table != 0)
            ((delegate* unmanaged<nint, void>)RteEal.Function("hash", "rte_hash_free"))(_table);
        _table = 0;
    }

    /// <summary>struct rte_hash_parameters of DPDK 22.11.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Parameters
    {
        internal nint Name;
        internal uint Entries;
        internal uint Reserved;
        internal uint KeyLength;

        // Padding here. Null: DPDK chooses; it is not called where the caller passes hashes.
        internal nint HashFunction;
        internal uint HashInitialValue;
        internal int SocketId;
        internal byte ExtraFlags;
    }
}
