using System.Diagnostics;
using OpenNetVM.Core.Chains;
using OpenNetVM.Core.Dataplane;
using OpenNetVM.Core.Management;
using OpenNetVM.Core.NetworkFunctions;
using OpenNetVM.Core.Packets;
using OpenNetVM.Core.Ports;
using OpenNetVM.Core.Processes;
using OpenNetVM.Core.Services;
using OpenNetVM.FlowTable;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Docs.Snippets;

public sealed class Processes : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("onvm-docs-").FullName;

    private sealed class PortFilter(ushort firstAllowed) : NetworkFunction
    {
        protected override void Process(Packet packet)
        {
            if (packet.TryGetFlowKey(out Ipv4FlowKey flow) && flow.DestinationPort < firstAllowed)
                packet.Drop();
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static int FunctionMain()
    {
        // snippet: process-function
        NfProcessExit exit = NfProcess.Run(new PortFilter(512));
        return exit == NfProcessExit.ManagerLost ? 1 : 0;
        // end
    }

    private static NfProcessExit ByHand(string socket, CancellationToken cancellation)
    {
        // snippet: process-options
        NfProcessOptions options = new()
        {
            SocketPath = socket, // for example /run/nfv/default/control.sock
            Service = "filter",
            Tag = "by hand",
            Idle = IdleStrategy.Wait(),
            WhenManagerIsLost = ManagerLossAction.WaitForAnother,
        };
        NfProcessExit exit = NfProcess.Run(new PortFilter(512), options, cancellation);
        // end
        return exit;
    }

    [Fact]
    public async Task A_platform_starts_processes_and_takes_one_that_was_started_by_hand()
    {
        string folder = _folder;
        ProcessStartInfo child = ChildScenario.ProgramWithResult(FunctionProgram, Path.Combine(folder, "result"));
        (string program, string[] arguments) = (child.FileName, [.. child.ArgumentList]);

        // snippet: process-manager
        NfManagerBuilder builder = new()
        {
            Options = new NfManagerOptions { Processes = new ProcessOptions { Folder = folder } },
        };
        builder.AddPort(new GeneratorPort(new GeneratorPortOptions { PacketCount = 100_000 }));
        PortId exit = builder.AddPort(new NullPort());
        ServiceId filter = builder.AddService("filter", new ServiceOptions
        {
            Instances = 2,
            Processes = new ProcessServiceOptions { Launch = launch => launch.Apply(new ProcessStartInfo(program, arguments)) },
        });
        builder.DefaultChain = ServiceChain.Through(filter).To(exit);

        await using NfManager manager = builder.Build();
        manager.InstanceFaulted += fault => Console.Error.WriteLine(fault.Exception.Message);
        manager.Start();
        // end

        // snippet: process-more
        InstanceId third = await manager.StartProcessAsync(filter);
        // end
        Assert.True(third.IsValid);
        using Process fourth = Process.Start(ChildScenario.ProgramWithResult(ByHandProgram, Path.Combine(folder, "result of the fourth"), Path.Combine(folder, "default", "control.sock")))!;
        ProcessPlatform.Until(() => manager.GetStatistics().Instances.Count(static instance => instance.State == InstanceState.Running) == 4, "four processes run");
        ProcessPlatform.Until(() => manager.Ports[0].Status.State == PortState.Ended && manager.PacketsUnderWay == 0, "all packets are worked off");
        await manager.StopAsync();

        Assert.Matches(@"^received 100,000 \+ created 0 = transmitted [\d,]+ \+ dropped [\d,]+ \+ held 0$", manager.GetStatistics().ConservationLine);
        Assert.True(fourth.WaitForExit(TimeSpan.FromMinutes(1)));
        Assert.Equal("0", File.ReadAllText(Path.Combine(folder, "result")));
        Assert.Equal($"{NfProcessExit.Stopped}", File.ReadAllText(Path.Combine(folder, "result of the fourth")));
    }

    [Fact]
    public async Task Domains_are_of_one_platform()
    {
        string folder = _folder;

        // snippet: process-domains
        ProcessOptions processes = new()
        {
            Folder = folder,
            Default = new SecurityDomainOptions { Name = "default" },
            Domains = [new SecurityDomainOptions { Name = "guests", Buffers = 4_096, Users = new HashSet<uint> { 65_534 }, Group = 65_534 }],
        };
        ServiceOptions guest = new() { Domain = "guests", Processes = new ProcessServiceOptions() };
        // end

        NfManagerBuilder builder = new() { Options = new NfManagerOptions { Processes = processes }, DefaultChain = ServiceChain.Drop };
        builder.AddService("own", new ServiceOptions { Processes = new ProcessServiceOptions() });
        builder.AddService("guest", guest);
        await using NfManager manager = builder.Build();
    }

    private static string FunctionProgram(string[] arguments) => $"{FunctionMain()}";

    // Waits for another manager when this one is gone, for which nobody waits here: being told to stop ends it.
    private static string ByHandProgram(string[] arguments) => $"{ByHand(arguments[0], CancellationToken.None)}";
}
