using System.Globalization;
using System.IO.Enumeration;
using System.Runtime.InteropServices;

namespace OpenNetVM.Dpdk;

/// <summary>What to do about a failure, by what DPDK said about it.</summary>
internal static class EalFailure
{
    private const string ReserveHugePages = "Reserve more huge pages (sysctl vm.nr_hugepages=1024; in a container also its limit of huge pages), or set HugePages to None.";

    private const string LimitedSpace = "The address space of this process is limited (ulimit -v), and DPDK reserves more than 64 GB of it without using it. Lift the limit, or set HugePages to None.";

    private const string UnknownOption = "An entry of ExtraArguments is not an option of this version of DPDK.";

    private const string OutOfMemory = "There was too little memory: give DPDK more (EalOptions.MainMemoryMegabytes, or more huge pages).";

    private const string NeedsRights = "This user may not do that: root, or capabilities such as CAP_NET_ADMIN and CAP_NET_RAW, are needed.";

    /// <summary>What a line of the log looks like, with * for any text, and what to do. The first that fits counts, so the narrow ones stand first.</summary>
    private static readonly (string Line, string Advice)[] OfStarting =
    [
        ("*Not enough memory available*", "Lower MainMemoryMegabytes, or reserve more huge pages (sysctl vm.nr_hugepages=1024)."),
        ("*Cannot create lock*", "Another process runs with the same FilePrefix; choose another, or leave it null."),
        ("*Is another primary process running*", "Another process runs with the same FilePrefix; choose another, or leave it null."),
        ("*Cannot get hugepage information*", "Huge pages without InMemory need a hugetlbfs that this user may write to (mount -t hugetlbfs none /dev/hugepages). Set InMemory, or set HugePages to None."),
        ("*Cannot use IOVA as 'PA'*", "Physical addresses can be had by root only. Leave IovaMode at Automatic or set it to Virtual."),
        ("*unable to use physical addresses*", "Physical addresses can be had by root only. Leave IovaMode at Automatic or set it to Virtual."),
        ("*is world-writable and insecure*", "Everybody can write to the folder of DPDK's drivers or one above it; take that right away (chmod o-w)."),
        ("*Cannot init plugins*", "A driver that the arguments name (-d), or one of DPDK's folder of drivers, cannot be loaded; the log says which."),
        ("*lcore * unavailable*", "ExtraArguments name a core that this process cannot use."),
        ("*failed to parse device*", "A device that the arguments name is unknown: check its name, and that the package of its driver is installed (librte-net-...)."),
        ("*unrecognized option*", UnknownOption),
        ("*invalid option*", UnknownOption),
        ("*requires an argument*", "An entry of ExtraArguments lacks its value: write it as \"--option=value\", or as two entries."),
        ("*is ignored, because*", "An entry of ExtraArguments stands there twice."),
        ("*Cannot get a virtual area*", LimitedSpace),
        ("*Cannot allocate VA space*", LimitedSpace),
        ("*Cannot reserve memory*", LimitedSpace),
        ("*error allocating rte services array*", ReserveHugePages),
        ("*Cannot init memory*", ReserveHugePages),
        ("*Cannot init memzone*", ReserveHugePages),
    ];

    private static readonly (string Line, string Advice)[] OfDevices =
    [
        ("*failed to parse device*",
            "Check the device's name, and that the package of its driver is installed: net_tap0 needs librte-net-tap. A name is the driver's, followed by a number of your choice."),
        ("*Operation not permitted*", NeedsRights),
        ("*Permission denied*", NeedsRights),
        ("*No such device*", "There is no network interface of that name here: ip link shows those that there are."),
        ("*No such file*", "There is no such file."),
        ("*invalid*", "Check the device's arguments; the log says which is wrong."),
        ("*Not enough*", OutOfMemory),
        ("*Cannot allocate*", OutOfMemory),
    ];

    /// <summary>Why rte_eal_init failed.</summary>
    public static DpdkException OfStart(int errorCode, IReadOnlyList<string> lines)
    {
        string advice = Find(OfStarting, lines) ?? Math.Abs(errorCode) switch
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
        string advice = Find(OfDevices, lines) ?? Math.Abs(errorCode) switch
        {
            12 => OutOfMemory,
            13 => NeedsRights,
            17 => "A device of that name is there already.",
            _ => "Check the device's name and arguments, and that the package of its driver is installed (librte-net-...).",
        };
        string with = arguments.Length > 0 ? $" with \"{arguments}\"" : "";
        return new DpdkException(operation, errorCode, $"Device \"{device}\" of bus {bus}{with}: {operation} failed{Number(errorCode)}. {advice}{Quote(lines)}");
    }

    private static string? Find((string Line, string Advice)[] known, IReadOnlyList<string> lines) =>
        known.FirstOrDefault(entry => lines.Any(line => FileSystemName.MatchesSimpleExpression(entry.Line, line))).Advice;

    // Many drivers return -1 and mean no more than that they failed, but 1 is EPERM.
    private static string Number(int errorCode) => errorCode is 0 or 1 or -1
        ? ""
        : string.Create(CultureInfo.InvariantCulture, $" with errno {Math.Abs(errorCode)} ({Marshal.GetPInvokeErrorMessage(Math.Abs(errorCode))})");

    private static string Quote(IReadOnlyList<string> lines) => lines.Count == 0 ? "" : $"\nDPDK's log:\n  {string.Join("\n  ", lines)}";
}
