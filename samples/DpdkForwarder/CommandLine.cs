using System.CommandLine;

namespace OpenNetVM.Samples;

/// <summary>The arguments of the program, and what they may be.</summary>
internal static class CommandLine
{
    private static readonly Argument<string[]> Devices = new("devices")
    {
        Description = "Two devices of DPDK, each with its arguments: net_af_packet0,iface=veth0, or the PCI address of a network card that is bound to VFIO",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private static readonly Option<bool> Bridge = new("--bridge") { Description = "Join the ports by a learning bridge (the default)" };
    private static readonly Option<bool> Forward = new("--forward") { Description = "Send everything that comes in at one port out at the other" };
    private static readonly Option<bool> NoHuge = new("--no-huge") { Description = "Use ordinary pages even where huge pages are free" };
    private static readonly Option<double> Seconds = new("--seconds") { Description = "Stop after this time, 0 for at Ctrl-C", HelpName = "s" };

    /// <summary>Makes the command; <paramref name="run"/> gets what was asked for and returns the exit code. Mistakes end with a message and exit code 1.</summary>
    public static RootCommand Create(Func<Options, Task<int>> run)
    {
        RootCommand command = new("Forwards between two ports of DPDK.") { Devices, Bridge, Forward, NoHuge, Seconds };
        command.Validators.Add(static result =>
        {
            if (result.Errors.Any())
                return;
            string[] devices = result.GetValue(Devices) ?? [];
            if (devices.Length != 2)
                result.AddError($"Two devices are needed, but {devices.Length} were given. For example: net_af_packet0,iface=veth0 net_af_packet1,iface=veth1");
            else if (DeviceName.Of(devices[0]).Name == DeviceName.Of(devices[1]).Name)
                result.AddError($"Both devices are '{DeviceName.Of(devices[0]).Name}'. A device is one port: give the second another number.");
            if (result.GetValue(Bridge) && result.GetValue(Forward))
                result.AddError("--bridge and --forward exclude each other: leave one of them out.");
            if (result.GetValue(Seconds) is not (>= 0 and <= 1e6))
                result.AddError("--seconds must be a time from 0 to 1,000,000 seconds.");
        });
        command.SetAction((result, _) => run(new Options
        {
            Devices = result.GetValue(Devices)!,
            Forward = result.GetValue(Forward),
            NoHuge = result.GetValue(NoHuge),
            Seconds = result.GetValue(Seconds),
        }));
        return command;
    }
}
