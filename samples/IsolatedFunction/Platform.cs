using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using OpenNetVM.Core.Chains;
using OpenNetVM.Core.Management;
using OpenNetVM.Core.Ports;
using OpenNetVM.Core.Processes;
using OpenNetVM.Core.Services;

namespace OpenNetVM.Samples.Isolation;

/// <summary>The platform of this sample: generated traffic -> policer -> nowhere. The three ways to run the policer differ in how its service is added, and in nothing else.</summary>
internal static class Platform
{
    private const int Root = 0;

    /// <summary>Puts the platform together.</summary>
    /// <param name="options">What was asked for.</param>
    /// <param name="folder">A folder for the sockets.</param>
    /// <param name="container">How containers are started; null where none are.</param>
    public static NfManager Build(Options options, string folder, Container? container)
    {
        NfManagerBuilder builder = new();
        builder.AddPort(new GeneratorPort(new GeneratorPortOptions { Distribution = FlowDistribution.Zipf(1), PacketCount = options.Packets, TransmitQueues = 0 }));
        PortId exit = builder.AddPort(new NullPort(new NullPortOptions { ReceiveQueues = 0 }));
        ServiceOptions service = new() { Instances = options.Instances };
        ServiceId policer;
        if (options.Isolation == Isolation.Threads)
        {
            builder.AddWorker("manager");
            builder.AddWorker("policers");
            policer = builder.AddService("policer", static () => new FlowPolicer(packetsPerSecond: 10_000, burst: 1_000), service with { Workers = ["policers"] });
        }
        else
        {
            builder.Options = builder.Options with { Processes = new ProcessOptions { Folder = folder, Default = Domain(options.User) } };
            int started = 0;
            policer = builder.AddService("policer", service with
            {
                Processes = new ProcessServiceOptions
                {
                    Launch = launch => container is null ? launch.Apply(Command(options.Program)) : container.Start(launch, ContainerName(++started), options.User),
                },
            });
        }

        builder.DefaultChain = ServiceChain.Through(policer).To(exit);
        return builder.Build();
    }

    // Another user than the manager's own has to be let in, and to reach the socket, which is its group's.
    private static SecurityDomainOptions Domain(uint? user) => user is null
        ? new SecurityDomainOptions { Name = "default" }
        : new SecurityDomainOptions { Name = "default", Users = new HashSet<uint> { Root, user.Value }, Group = user };

    private static string ContainerName(int number) => string.Create(CultureInfo.InvariantCulture, $"policer-{Environment.ProcessId}-{number}");

    // What ends in .dll needs the dotnet that runs this program.
    private static ProcessStartInfo Command(string program) => program.EndsWith(".dll", StringComparison.Ordinal)
        ? new ProcessStartInfo(Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", "dotnet")), [program])
        : new ProcessStartInfo(program);
}
