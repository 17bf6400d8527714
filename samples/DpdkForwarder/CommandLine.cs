using System.CommandLine;

namespace OpenNetVM.Samples.Dpdk;

/// <summary>The options of the program.</summary>
internal static class CommandLine
{
    private static readonly Argument<string[]> Devices = new("devices")
    {
        Description = "Two devices, each as DPDK writes it: net_af_packet0,iface=veth0 or net_tap0,iface=tap0 or the PCI address of a NIC that is bound to VFIO, 0000:03:00.0",
        Arity = new ArgumentArity(2, 2),
    };

    private static readonly Option<bool> Bridge = new("--bridge") { Description = "Learn which station is where, and send each frame there alone; without it, what comes in at one device goes out at the other" };
    private static readonly Option<double> Seconds = new("--seconds") { Description = "Stop after this time, 0 for none", HelpName = "s" };
    private static readonly Option<int?> Core = new("--core") { Description = "Pin the worker to this core and let it never sleep", HelpName = "n" };
    private static readonly Option<bool> NoHugePages = new("--no-huge") { Description = "Do without huge pages" };
    private static readonly Option<bool> Verbose = new("--verbose") { Description = "Print what DPDK logs" };

    /// <summary>Makes the command; <paramref name="run"/> gets what was asked for and returns the exit code. Mistakes end with a message and exit code 1.</summary>
    public static RootCommand Create(Func<Options, Task<int>> run)
    {
        RootCommand command = new("Forwards between two DPDK devices.") { Devices, Bridge, Seconds, Core, NoHugePages, Verbose };

        // Taken by build.sh to choose this program.
        command.Add(new Option<bool>("--dpdk") { Hidden = true });
        command.Validators.Add(result =>
        {
            if (!result.Errors.Any() && result.GetValue(Seconds) is < 0 or > 1e6)
                result.AddError("--seconds must be 0 to 1,000,000.");
        });
        command.SetAction((result, _) => run(new Options(result.GetValue(Devices)!, result.GetValue(Bridge), result.GetValue(Seconds), result.GetValue(Core), result.GetValue(NoHugePages), result.GetValue(Verbose))));
        return command;
    }
}
