using System.Runtime.InteropServices;

namespace OpenNetVM.Benchmarks.Micro;

/// <summary>16 bytes, as a packet descriptor has.</summary>
[StructLayout(LayoutKind.Sequential, Size = 16)]
public struct RingElement
{
    public ulong First;
    public ulong Second;
}
