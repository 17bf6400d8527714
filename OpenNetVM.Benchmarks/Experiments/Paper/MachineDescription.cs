using System.Globalization;
using System.Runtime;
using System.Runtime.InteropServices;
using OpenNetVM.Dpdk;

namespace OpenNetVM.Benchmarks.Experiments.Paper;

/// <summary>Where and with what something was measured: without this a figure says nothing.</summary>
internal static class MachineDescription
{
    /// <summary>Name and value, in the order in which they are written.</summary>
    internal static IReadOnlyList<(string Name, string Value)> Describe() =>
    [
        ("machine", string.Create(CultureInfo.InvariantCulture, $"{Processor()}, {Environment.ProcessorCount} cores")),
        ("kernel", Kernel()),
        (".NET", $"{RuntimeInformation.FrameworkDescription}, {(GCSettings.IsServerGC ? "server" : "workstation")} GC"),
        ("DPDK", DpdkInstallation.Find() is { IsFound: true } found ? found.Version ?? $"ABI {found.Abi}" : "not installed"),
        ("date", DateTime.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)),
    ];

    private static string Processor() => FirstLine("/proc/cpuinfo", "model name") ?? RuntimeInformation.ProcessArchitecture.ToString();

    private static string Kernel() => File.Exists("/proc/sys/kernel/osrelease")
        ? $"Linux {File.ReadAllText("/proc/sys/kernel/osrelease").Trim()}"
        : RuntimeInformation.OSDescription;

    private static string? FirstLine(string file, string name) => File.Exists(file)
        ? File.ReadLines(file).FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal))?.Split(':', 2)[^1].Trim()
        : null;
}
