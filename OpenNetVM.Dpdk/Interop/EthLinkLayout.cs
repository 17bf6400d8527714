namespace OpenNetVM.Dpdk.Interop;

/// <summary>Byte offsets and bits in struct rte_eth_link: the same in every known ABI.</summary>
internal static class EthLinkLayout
{
    public const int Size = 8;

    /// <summary>Megabits a second, 32 bits.</summary>
    public const int Speed = 0;

    /// <summary>16 bits, of which the masks below take one each.</summary>
    public const int Bits = 4;
    public const int FullDuplexMask = 1;
    public const int AutonegotiatedMask = 2;
    public const int UpMask = 4;

    /// <summary>RTE_ETH_SPEED_NUM_UNKNOWN, as the speed.</summary>
    public const uint UnknownSpeed = uint.MaxValue;
}
