using System.Globalization;
using Microsoft.Extensions.Logging;
using OpenNetVM.Core.Dataplane;

namespace OpenNetVM.Dpdk;

/// <summary>The command line of rte_eal_init, made of checked options: a wrong argument found by DPDK itself spoils the one start that a process has.</summary>
internal static class EalArguments
{
    /// <summary>In megabytes: without huge pages memory cannot grow, and DPDK's own default of 64 is soon used up. Only what is touched counts.</summary>
    private const int DefaultWithoutHugePages = 256;

    /// <summary>In megabytes: what DPDK takes for itself and a first pool of packet headers, so that huge pages are worth beginning with.</summary>
    private const int LeastHugePages = 32;

    private const long Megabyte = 1 << 20;

    /// <summary>What cannot stand in ExtraArguments, and the property that says it. Short options are single letters.</summary>
    private static readonly (string Option, string Property)[] Typed =
    [
        ("c", nameof(EalOptions.Cores)), ("l", nameof(EalOptions.Cores)), ("lcores", nameof(EalOptions.Cores)), ("main-lcore", nameof(EalOptions.Cores)),
        ("m", nameof(EalOptions.MainMemoryMegabytes)), ("no-huge", nameof(EalOptions.HugePages)), ("in-memory", nameof(EalOptions.InMemory)),
        ("file-prefix", nameof(EalOptions.FilePrefix)), ("iova-mode", nameof(EalOptions.IovaMode)), ("a", nameof(EalOptions.PciDevices)), ("w", nameof(EalOptions.PciDevices)),
        ("allow", nameof(EalOptions.PciDevices)), ("no-pci", nameof(EalOptions.PciDevices)), ("vdev", nameof(EalOptions.VirtualDevices)),
        ("log-level", nameof(EalOptions.LogLevel)),
    ];

    /// <summary>Checks the options and writes them as arguments, of which the first is the program's name.</summary>
    /// <param name="options">What is wanted.</param>
    /// <param name="freeHugePages">Bytes of huge pages that nobody uses.</param>
    /// <param name="remark">What was decided in place of the caller, for the log; null if nothing was.</param>
    /// <exception cref="ArgumentException">An option cannot be met; the message says why.</exception>
    /// <exception cref="DpdkException">Huge pages are required and not there.</exception>
    public static List<string> Build(EalOptions options, long freeHugePages, out string? remark)
    {
        CheckExtraArguments(options.ExtraArguments);
        bool hugePages = UseHugePages(options, freeHugePages, out remark);
        List<string> arguments = ["opennetvm", "--lcores=" + Lcores(options.Cores), "--no-telemetry", "--file-prefix=" + FilePrefix(options)];
        if (options.MainMemoryMegabytes is <= 0)
            throw new ArgumentOutOfRangeException(nameof(options), options.MainMemoryMegabytes, $"{nameof(EalOptions.MainMemoryMegabytes)} must be at least 1, or null to leave it to DPDK.");
        int? memory = options.MainMemoryMegabytes ?? (hugePages ? null : DefaultWithoutHugePages);
        if (memory is not null)
            arguments.AddRange(["-m", memory.Value.ToString(CultureInfo.InvariantCulture)]);
        if (!hugePages)
            arguments.Add("--no-huge");
        // 22.11 refuses --in-memory beside --no-huge; this is what of it has a meaning there.
        if (options.InMemory)
            arguments.Add(hugePages ? "--in-memory" : "--no-shconf");

        switch (options.IovaMode)
        {
            case IovaMode.Automatic:
                break;
            case IovaMode.Virtual:
                arguments.Add("--iova-mode=va");
                break;
            case IovaMode.Physical when hugePages:
                arguments.Add("--iova-mode=pa");
                break;
            case IovaMode.Physical:
                throw new ArgumentException("Physical addresses need huge pages, and none are used. Reserve some (sysctl vm.nr_hugepages=512), or leave IovaMode at Automatic.");
            default:
                throw new ArgumentOutOfRangeException(nameof(options), options.IovaMode, "No such IovaMode.");
        }

        if (options.PciDevices.Count == 0)
            arguments.Add("--no-pci");
        foreach (string device in options.PciDevices)
        {
            CheckPciDevice(device);
            arguments.Add("--allow=" + device);
        }

        if (LogLevelArgument(options.LogLevel) is { } level)
            arguments.Add("--log-level=" + level);
        arguments.AddRange(options.ExtraArguments);
        return arguments;
    }

    /// <summary>Splits "net_tap0,iface=tap0" into name and arguments.</summary>
    public static (string Name, string Arguments) SplitDevice(string device)
    {
        CheckPlain(device, nameof(EalOptions.VirtualDevices));
        int comma = device.IndexOf(',', StringComparison.Ordinal);
        return comma < 0 ? (device, "") : (device[..comma], device[(comma + 1)..]);
    }

    /// <summary>Bytes of all sizes of huge pages that nobody uses.</summary>
    public static long FreeHugePages()
    {
        const string Folder = "/sys/kernel/mm/hugepages";
        if (!Directory.Exists(Folder))
            return 0;
        long free = 0;
        foreach (string size in Directory.GetDirectories(Folder, "hugepages-*kB"))
        {
            string name = Path.GetFileName(size);
            if (long.TryParse(name.AsSpan("hugepages-".Length, name.Length - "hugepages-kB".Length), CultureInfo.InvariantCulture, out long kilobytes)
                && long.TryParse(File.ReadAllText(Path.Combine(size, "free_hugepages")), CultureInfo.InvariantCulture, out long pages))
                free += kilobytes * 1_024 * pages;
        }

        return free;
    }

    private static bool UseHugePages(EalOptions options, long free, out string? remark)
    {
        remark = null;
        long wanted = Math.Max(options.MainMemoryMegabytes ?? 0, LeastHugePages) * Megabyte;
        bool enough = free >= wanted;
        string shortage = string.Create(CultureInfo.InvariantCulture, $"{free / Megabyte} MB of huge pages are free, {wanted / Megabyte} MB are wanted");
        switch (options.HugePages)
        {
            case HugePageMode.None:
                return false;
            case HugePageMode.Automatic when !enough:
                remark = $"DPDK is started without huge pages: {shortage}. To have them, reserve some before the start (sysctl vm.nr_hugepages=512).";
                return false;
            case HugePageMode.Automatic when !options.InMemory && !HugePagesAreMounted():
                remark = "DPDK is started without huge pages: InMemory is false, and no hugetlbfs is mounted. To have them: mount -t hugetlbfs none /dev/hugepages.";
                return false;
            case HugePageMode.Automatic:
                return true;
            case HugePageMode.Required when !enough:
                throw new DpdkException("huge pages", $"Huge pages are required, but {shortage}. Reserve some (sysctl vm.nr_hugepages=512), lower MainMemoryMegabytes, or set HugePages to None.");
            case HugePageMode.Required when !options.InMemory && !HugePagesAreMounted():
                throw new DpdkException("huge pages", "Huge pages are required with InMemory false, but no hugetlbfs is mounted. Mount it (mount -t hugetlbfs none /dev/hugepages), or set InMemory.");
            case HugePageMode.Required:
                return true;
            default:
                throw new ArgumentOutOfRangeException(nameof(options), options.HugePages, "No such HugePageMode.");
        }
    }

    private static bool HugePagesAreMounted() => File.ReadLines("/proc/mounts").Any(line => line.Split(' ') is [_, _, "hugetlbfs", ..]);

    // Each lcore of DPDK by the core that it is bound to, so that cores above RTE_MAX_LCORE can be named too.
    private static string Lcores(IReadOnlyList<int>? cores)
    {
        IReadOnlyList<int> available = CoreAffinity.AvailableCores;
        cores ??= [available[0]];
        if (cores.Count == 0)
            throw new ArgumentException($"{nameof(EalOptions.Cores)} is empty: name at least one, or leave it null for the first core of this process.");
        foreach (int core in cores)
        {
            if (!CoreAffinity.IsPinnable(core))
                throw new ArgumentException($"{nameof(EalOptions.Cores)} names core {core}, which this process cannot use; it may use {string.Join(", ", available)}.");
        }

        if (cores.Distinct().Count() != cores.Count)
            throw new ArgumentException($"{nameof(EalOptions.Cores)} names a core twice: {string.Join(", ", cores)}.");
        return string.Join(',', cores.Select((core, lcore) => string.Create(CultureInfo.InvariantCulture, $"{lcore}@{core}")));
    }

    private static string FilePrefix(EalOptions options)
    {
        if (options.FilePrefix is { } prefix)
        {
            CheckPlain(prefix, nameof(EalOptions.FilePrefix));
            if (prefix.Contains('/', StringComparison.Ordinal) || prefix.Contains('%', StringComparison.Ordinal))
                throw new ArgumentException($"FilePrefix \"{prefix}\" is to be part of a file's name, so it can have neither '/' nor '%' in it.");
            return prefix;
        }

        // In memory nothing is kept under that name, so processes can share it and no empty folders are left behind.
        return options.InMemory ? "opennetvm" : string.Create(CultureInfo.InvariantCulture, $"opennetvm-{Environment.ProcessId}");
    }

    private static string? LogLevelArgument(LogLevel level) => level switch
    {
        LogLevel.Trace => "*:debug",
        LogLevel.Debug => "*:info",
        LogLevel.Information => null,
        LogLevel.Warning => "warning",
        LogLevel.Error => "error",
        LogLevel.Critical => "critical",
        LogLevel.None => "emergency",
        _ => throw new ArgumentException($"There is no LogLevel {level}."),
    };

    private static void CheckExtraArguments(IReadOnlyList<string> arguments)
    {
        foreach (string argument in arguments)
        {
            CheckText(argument, nameof(EalOptions.ExtraArguments));
            if (argument is "-" or "--")
                throw new ArgumentException($"\"{argument}\" cannot be an argument for DPDK here: nothing comes after its options.");
            bool isLong = argument.StartsWith("--", StringComparison.Ordinal);
            string option = isLong ? argument[2..].Split('=')[0] : argument.StartsWith('-') ? argument[1..2] : "";
            // DPDK ends the process after printing help, and getopt takes a long option's beginning for the whole.
            if (option.Length > 0 && (isLong ? "help".StartsWith(option, StringComparison.Ordinal) : option == "h")
                || argument.Split('=', ':')[^1] == "help")
                throw new ArgumentException($"\"{argument}\" makes DPDK print its help and end the process. Its options are listed in DPDK's guide, \"EAL parameters\".");
            if (isLong && option.Length > 1 && "proc-type".StartsWith(option, StringComparison.Ordinal))
                throw new ArgumentException($"\"{argument}\": OpenNetVM runs DPDK as a primary process only. Network functions in processes of their own share OpenNetVM's memory, not DPDK's.");
            foreach ((string typed, string property) in Typed)
            {
                if (option.Length > 0 && (isLong && typed.Length > 1 ? typed.StartsWith(option, StringComparison.Ordinal) : !isLong && typed == option))
                    throw new ArgumentException($"\"{argument}\" has a property of its own: set {nameof(EalOptions)}.{property} instead.");
            }
        }
    }

    // DPDK itself passes over an address that nothing answers to.
    private static void CheckPciDevice(string device)
    {
        CheckPlain(device, nameof(EalOptions.PciDevices));
        string address = device.Split(',')[0];
        string full = address.Count(character => character == ':') == 1 ? "0000:" + address : address;
        if (full.Contains('/', StringComparison.Ordinal) || !Directory.Exists(Path.Combine("/sys/bus/pci/devices", full)))
            throw new ArgumentException($"There is no PCI device {address} here: lspci -D shows those that there are.");
    }

    private static void CheckPlain(string text, string property)
    {
        CheckText(text, property);
        if (text.StartsWith('-') || text.StartsWith(',') || text.Any(char.IsWhiteSpace))
            throw new ArgumentException($"{property}: \"{text}\" begins with '-' or ',' or has a space in it.");
    }

    private static void CheckText(string text, string property)
    {
        if (string.IsNullOrEmpty(text) || text.Any(char.IsControl))
            throw new ArgumentException($"{property} has an entry that is empty or has control characters in it.");
    }
}
