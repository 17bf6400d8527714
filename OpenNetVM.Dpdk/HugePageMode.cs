namespace OpenNetVM.Dpdk;

/// <summary>Where DPDK's own memory comes from.</summary>
public enum HugePageMode
{
    /// <summary>Huge pages where enough of them are free, else ordinary pages; which of the two it was is logged and shown by <see cref="Eal.UsesHugePages"/>.</summary>
    Automatic,

    /// <summary>Huge pages, or the start fails. What the drivers of physical network cards need.</summary>
    Required,

    /// <summary>Ordinary pages, even where huge pages are free.</summary>
    None,
}
