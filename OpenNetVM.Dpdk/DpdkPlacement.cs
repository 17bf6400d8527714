namespace OpenNetVM.Dpdk;

/// <summary>Where the driver of a <see cref="DpdkPort"/> puts received frames.</summary>
public enum DpdkPlacement
{
    /// <summary>In the platform's buffers, but for drivers that cannot (net_af_xdp, which wants mbufs and data in one piece).</summary>
    Automatic,

    /// <summary>In the platform's buffers: nothing is copied.</summary>
    InPlace,

    /// <summary>In memory of DPDK's own, from where they are copied into the platform's buffers.</summary>
    Copied,
}
