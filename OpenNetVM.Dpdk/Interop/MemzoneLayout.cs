namespace OpenNetVM.Dpdk.Interop;

/// <summary>Byte offsets in struct rte_memzone: the same in every known ABI.</summary>
internal static class MemzoneLayout
{
    public const int Size = 72;
    public const int Name = 0;
    public const int NameLength = 32;
    public const int Iova = 32;
    public const int Address = 40;
    public const int Length = 48;
}
