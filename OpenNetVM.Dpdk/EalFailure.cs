using System.Globalization;
using OpenNetVM.Dpdk.Interop;

namespace OpenNetVM.Dpdk;

/// <summary>What to do about a failure, by what DPDK said about it.</summary>
internal static class EalFailure
{
    private const string ReserveHugePages = "Reserve more huge pages (sysctl vm.nr_hugepages=1024; in a container also its limit of huge pages), or set HugePages to None.";

    /// <summary>What a line says, and what to do. The first that fits counts, so the narrow ones stand first.</summary>
    private static readonly (string Line, string Advice)[] Known =
    [
        ("Not enough memory available", "Lower MainMemoryMegabytes, or reserve more huge pages (sysctl vm.nr_hugepages=1024)."),
        ("process version mismatch", "The primary process runs another version of DPDK; both need the same."),
        ("refused secondary attachment", "The primary process has registered threads of its own with DPDK, which excludes secondary processes."),
        ("Cannot create lock", "Another process runs with the same FilePrefix; choose another, or leave it null."),
        ("Is another primary process running", "Another process runs with the same FilePrefix; choose another, or leave it null."),
        ("Cannot get hugepage information", "Huge pages without InMemory need a hugetlbfs that this user may write to (mount -t hugetlbfs none /dev/hugepages). Set InMemory, or set HugePages to None."),
        ("hugepage_data", "The primary process keeps its memory to itself; start it with InMemory false and huge pages, in a mounted hugetlbfs."),
        ("Cannot open '/var/run/dpdk", "There is no primary process with this FilePrefix, or it belongs to another user."),
        ("Cannot use IOVA as 'PA'", "Physical addresses can be had by root only. Leave IovaMode at Automatic or set it to Virtual."),
        ("unable to use physical addresses", "Physical addresses can be had by root only. Leave IovaMode at Automatic or set it to Virtual."),
        ("is world-writable and insecure", "Everybody can write to the folder of DPDK's drivers or one above it; take that right away (chmod o-w)."),
        ("Cannot init plugins", "A driver that the arguments name (-d), or one of DPDK's folder of drivers, cannot be loaded; the line before says which."),
        ("unavailable", "A core or device that the arguments name is not there."),
        ("failed to parse device", "A device that the arguments name is unknown: check its name, and that the package of its driver is installed (librte-net-...)."),
        ("unrecognized option", "An entry of ExtraArguments is not an option of this version of DPDK."),
        ("invalid option", "An entry of ExtraArguments is not an option of this version of DPDK."),
        ("requires an argument", "An entry of ExtraArguments lacks its value: write it as \"--option=value\", or as two entries."),
        ("is ignored, because", "An entry of ExtraArguments stands there twice."),
        ("Invalid length parameter", "Huge pages could not be had. " + ReserveHugePages),
        ("error allocating rte services array", ReserveHugePages),
        ("Cannot init memory", ReserveHugePages),
        ("Cannot init memzone", ReserveHugePages),
        ("Cannot reserve memory", "The address space of this process is limited (ulimit -v); DPDK reserves more than 64 GB of it, without using it."),
    ];

    /// <summary>Why rte_eal_init failed.</summary>
    public static DpdkException OfStart(int errorCode, IReadOnlyList<string> lines)
    {
        string advice = Known.FirstOrDefault(known => lines.Any(line => line.Contains(known.Line, StringComparison.OrdinalIgnoreCase))).Advice ?? Math.Abs(errorCode) switch
        {
            12 => ReserveHugePages,
            13 => "This user lacks a right that the options need: start as root, or set InMemory.",
            22 => "An argument was refused: look at ExtraArguments.",
            114 => "Something else in this process has initialised DPDK already, past OpenNetVM.",
            _ => "What DPDK wrote to its log stands below.",
        };
        return new DpdkException("rte_eal_init", errorCode,
            $"DPDK could not be started: rte_eal_init failed{Number(errorCode)}. {advice} DPDK can be started only once in a process, so start the process again afterwards.{Quote(lines)}");
    }

    /// <summary>Why a device could not be added.</summary>
    public static DpdkException OfPlugging(string operation, string bus, string device, string arguments, int errorCode, IReadOnlyList<string> lines)
    {
        string advice = Math.Abs(errorCode) switch
        {
            1 or 13 => "This user may not do that: root, or capabilities such as CAP_NET_ADMIN and CAP_NET_RAW, are needed.",
            12 => "There was too little memory: give DPDK more (EalOptions.MainMemoryMegabytes, or more huge pages).",
            17 => "A device of that name is there already.",
            2 or 6 or 14 or 19 or 95 =>
                "Check the device's name, and that the package of its driver is installed: net_tap0 needs librte-net-tap. A name is the driver's, followed by a number of your choice.",
            22 => "Check the device's arguments.",
            _ => "Check the device's name and arguments.",
        };
        string with = arguments.Length > 0 ? $" with \"{arguments}\"" : "";
        return new DpdkException(operation, errorCode, $"Device \"{device}\" of bus {bus}{with}: {operation} failed{Number(errorCode)}. {advice}{Quote(lines)}");
    }

    private static string Number(int errorCode) => errorCode == 0
        ? ""
        : string.Create(CultureInfo.InvariantCulture, $" with errno {Math.Abs(errorCode)} ({Rte.ErrorText(errorCode)})");

    private static string Quote(IReadOnlyList<string> lines) => lines.Count == 0 ? "" : $"\nDPDK's log:\n  {string.Join("\n  ", lines)}";
}
