using System.Runtime.InteropServices;
using OpenNetVM.FlowTable;

namespace OpenNetVM.Benchmarks.Comparisons;

/// <summary>Keys, their hashes and their addresses, side by side in native memory: C names keys by address.</summary>
internal sealed unsafe class FlowSequence(int count) : IDisposable
{
    internal Ipv4FlowKey* Keys { get; } = (Ipv4FlowKey*)NativeMemory.AlignedAlloc((nuint)count * (nuint)sizeof(Ipv4FlowKey), 64);

    internal uint* Hashes { get; } = (uint*)NativeMemory.AlignedAlloc((nuint)count * sizeof(uint), 64);

    internal void** Addresses { get; } = (void**)NativeMemory.AlignedAlloc((nuint)count * (nuint)sizeof(void*), 64);

    internal void Set(int index, in Ipv4FlowKey key, uint hash)
    {
        Keys[index] = key;
        Hashes[index] = hash;
        Addresses[index] = Keys + index;
    }

    public void Dispose()
    {
        NativeMemory.AlignedFree(Keys);
        NativeMemory.AlignedFree(Hashes);
        NativeMemory.AlignedFree(Addresses);
    }
}
