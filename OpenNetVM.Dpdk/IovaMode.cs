namespace OpenNetVM.Dpdk;

/// <summary>What devices are given as the address of a packet.</summary>
public enum IovaMode
{
    /// <summary>As an option: DPDK chooses by the devices and the rights of this process. As a result: devices do not care.</summary>
    Automatic,

    /// <summary>Physical addresses: root only.</summary>
    Physical,

    /// <summary>Virtual addresses: for a physical network card it needs an IOMMU (VFIO).</summary>
    Virtual,
}
