using Microsoft.Extensions.Logging;

namespace OpenNetVM.Dpdk;

/// <summary>How DPDK's environment (EAL) is started. The defaults suit virtual devices, with and without root, with and without huge pages.</summary>
public sealed record EalOptions
{
    /// <summary>
    /// The cores DPDK may start threads of its own on, the first of which is its main core; null for the first core this process may use.
    /// One is enough: packets are moved by the threads of OpenNetVM, whose cores are chosen there.
    /// </summary>
    public IReadOnlyList<int>? Cores { get; init; }

    /// <summary>
    /// Megabytes of memory that DPDK takes at the start; null to grow as needed with huge pages, or for 256 MB without, which cannot grow.
    /// Packets of OpenNetVM lie in memory of its own.
    /// </summary>
    public int? MainMemoryMegabytes { get; init; }

    /// <summary>Where DPDK's memory comes from.</summary>
    public HugePageMode HugePages { get; init; }

    /// <summary>True to leave nothing in the file system, so that no other process can attach to DPDK's memory. False needs a mounted hugetlbfs where huge pages are used.</summary>
    public bool InMemory { get; init; } = true;

    /// <summary>Name of DPDK's run-time folder and files; processes with the same prefix are one DPDK application. Null for a name of this process alone.</summary>
    public string? FilePrefix { get; init; }

    /// <summary>What devices are given as addresses.</summary>
    public IovaMode IovaMode { get; init; }

    /// <summary>PCI addresses ("0000:03:00.0") of the network cards that DPDK takes over at the start; the PCI bus is not looked at if there is none.</summary>
    public IReadOnlyList<string> PciDevices { get; init; } = [];

    /// <summary>Virtual devices with their arguments ("net_tap0,iface=tap0") that are there from the start.</summary>
    public IReadOnlyList<string> VirtualDevices { get; init; } = [];

    /// <summary>Further arguments for DPDK, one a string ("--socket-mem=512,512"). What has a property here is refused.</summary>
    public IReadOnlyList<string> ExtraArguments { get; init; } = [];

    /// <summary>The least level that DPDK logs at: Warning and above hold back its chatter, Debug and Trace have every library talk.</summary>
    public LogLevel LogLevel { get; init; } = LogLevel.Information;
}
