namespace OpenNetVM.Dpdk.Interop;

/// <summary>Byte offsets in struct rte_mbuf: the same in every known ABI.</summary>
internal static class MbufLayout
{
    public const int Size = 128;
    public const int BufAddr = 0;
    public const int BufIova = 8;

    /// <summary>data_off, refcnt, nb_segs and port as one word of 64 bits, which is how DPDK resets them.</summary>
    public const int RearmData = 16;
    public const int DataOff = 16;
    public const int RefCnt = 18;
    public const int NbSegs = 20;
    public const int Port = 22;
    public const int OlFlags = 24;
    public const int PacketType = 32;
    public const int PktLen = 36;
    public const int DataLen = 40;
    public const int VlanTci = 42;
    public const int HashRss = 44;
    public const int VlanTciOuter = 52;
    public const int BufLen = 54;
    public const int Pool = 56;
    public const int Next = 64;
    public const int TxOffload = 72;
    public const int ShInfo = 80;
    public const int PrivSize = 88;
    public const int TimeSync = 90;
    public const int DynField1 = 92;
}
