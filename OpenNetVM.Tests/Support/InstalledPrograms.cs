namespace OpenNetVM.Tests.Support;

/// <summary>Programs that some tests need, and not every machine has.</summary>
internal static class InstalledPrograms
{
    private static readonly Dictionary<string, string> Packages = new() { ["ip"] = "iproute2", ["ping"] = "iputils-ping", ["nginx"] = "nginx-light", ["osken-manager"] = "python3-os-ken" };

    public static bool Has(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Append("/usr/sbin").Any(folder => File.Exists(Path.Combine(folder, program)));

    /// <summary>Why a test that needs the program cannot run; null if it can.</summary>
    public static string? WhyMissing(string program) => Has(program)
        ? null
        : $"needs the program {program}, which is not installed; on Debian and Ubuntu: apt-get install {Packages.GetValueOrDefault(program, program)}";

    /// <summary>Skips the calling test with the reason if a program is missing.</summary>
    public static void Require(params ReadOnlySpan<string> programs)
    {
        foreach (string program in programs)
        {
            if (WhyMissing(program) is { } missing)
                Assert.Skip(missing);
        }
    }

    /// <summary>Skips the calling test with the reason where nothing can link a native program.</summary>
    public static void RequireLinker()
    {
        if (!Has("clang") && !Has("gcc"))
            Assert.Skip("publishing a native binary needs clang or gcc, and neither is installed");
    }
}
