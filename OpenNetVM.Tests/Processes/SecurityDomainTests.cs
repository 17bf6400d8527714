using System.Diagnostics;
using OpenNetVM.Core.Chains;
using OpenNetVM.Core.Diagnostics;
using OpenNetVM.Core.Memory;
using OpenNetVM.Core.NetworkFunctions;
using OpenNetVM.Core.Packets;
using OpenNetVM.Core.Processes;
using OpenNetVM.Core.Services;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.Processes;

/// <summary>Several security domains in one platform: hops between them copy, and what one has the other cannot reach.</summary>
public class SecurityDomainTests
{
    private const uint FirstUser = 12_001;
    private const uint SecondUser = 12_002;

    [Fact]
    public async Task A_hop_into_another_domain_copies_the_packet_with_all_that_belongs_to_it()
    {
        await using ProcessPlatform platform = new(TwoDomains);
        ServiceId red = platform.AddService<WhereIsIt>("red", new ServiceOptions { Domain = "red" });
        ServiceId blue = platform.AddService<WhereIsIt>("blue", new ServiceOptions { Domain = "blue" });
        ServiceId here = platform.Builder.AddService("here", () => new WhereIsIt());
        platform.Start(red, blue, here, red);

        IReadOnlyList<byte[]> left = platform.Run(Frames.Flows(500, 200));

        // Each function writes where the packet lay: a domain's numbers are its own.
        ReadOnlySpan<PoolSegment> segments = platform.Manager.Pool.Segments;
        (PoolSegment Default, PoolSegment Red, PoolSegment Blue) domains = (segments[0], segments[1], segments[2]);
        Assert.Equal(500, left.Count);
        Assert.All(left, frame =>
        {
            uint[] places = WhereIsIt.PlacesIn(frame);
            Assert.True(domains.Red.Contains(places[0]) && domains.Blue.Contains(places[1]) && domains.Default.Contains(places[2]) && domains.Red.Contains(places[3]), string.Join(' ', places));
        });
        Assert.Equal(Enumerable.Range(0, 500), left.Select(frame => Frames.Mark(frame)));
        await platform.AssertConservedAsync();
    }

    [Fact]
    public async Task A_domain_without_room_loses_packets_that_are_counted_and_no_more()
    {
        await using ProcessPlatform platform = new(options => options with { Domains = [new SecurityDomainOptions { Name = "small", Buffers = 64 }] });
        ServiceId keeping = platform.AddService<NfDeathTests.Keeping>("keeping", new ServiceOptions { Domain = "small" }, options => options with { MaxHeldPackets = 1_000 });
        platform.Start(keeping);

        platform.Send(Frames.Flows(100).Select(NfDeathTests.Keeping.ToBeKept));
        ProcessPlatform.Until(() => platform.Statistics.Held == 64 && platform.Statistics.DroppedByReason[DropReason.NoBuffer] == 36, "it holds what there is room for");

        await platform.AssertConservedAsync();
    }

    [Fact]
    public async Task Processes_of_different_users_reach_their_own_domain_only()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess && File.Exists("/usr/bin/setpriv"), "needs root and setpriv (apt-get install util-linux), to run processes as other users");
        await using ProcessPlatform platform = new(options => options with
        {
            Domains =
            [
                new SecurityDomainOptions { Name = "red", Buffers = 256, Users = new HashSet<uint> { FirstUser }, Group = FirstUser },
                new SecurityDomainOptions { Name = "blue", Buffers = 256, Users = new HashSet<uint> { SecondUser }, Group = SecondUser },
            ],
        });
        ServiceId red = AddService(platform, "red", FirstUser);
        ServiceId blue = AddService(platform, "blue", SecondUser);
        platform.Start(red, blue);
        Assert.Equal(200, platform.Run(Frames.Flows(200)).Count);
        int[] processes = [ProcessOf("red"), ProcessOf("blue")];
        Assert.Equal([$"{FirstUser}", $"{SecondUser}"], processes.Select(UserOf));

        // The one user can neither reach the other's socket, nor open what its process or the manager has open, nor look into their memory.
        string blueSocket = Path.Combine(platform.Folder, "blue", "control.sock");
        Assert.StartsWith("this user may not use the socket", Tried(FirstUser, blueSocket, processes[1]).Split('|')[0], StringComparison.Ordinal);
        Assert.Equal("no files, no memory", Tried(FirstUser, blueSocket, processes[1]).Split('|')[1]);
        Assert.Equal("no files, no memory", Tried(FirstUser, blueSocket, Environment.ProcessId).Split('|')[1]);

        // Its own domain's socket lets it in, to be told that there is no such service.
        Assert.Contains("has no service \"none\"", Tried(FirstUser, Path.Combine(platform.Folder, "red", "control.sock"), processes[1]).Split('|')[0], StringComparison.Ordinal);
        await platform.AssertConservedAsync();

        int ProcessOf(string service) => Assert.Single(platform.Statistics.Instances, instance => instance.ServiceName == service).ProcessId!.Value;
    }

    [Fact]
    public async Task A_process_is_told_why_it_is_refused()
    {
        await using ProcessPlatform platform = new(TwoDomains);
        ServiceId here = platform.Builder.AddService("here", () => new WhereIsIt());
        platform.Builder.AddService("launched", new ServiceOptions { Instances = 0, Domain = "red", Processes = new ProcessServiceOptions { Launch = NfChild.Launch<WhereIsIt>(), AcceptOthers = false } });
        platform.Builder.AddService("red", new ServiceOptions { Domain = "red", Processes = new ProcessServiceOptions() });
        platform.Start(here);

        Assert.Contains("has no service \"elsewhere\"", Refused("red", "elsewhere"), StringComparison.Ordinal);
        Assert.Contains("\"here\" is not provided by processes", Refused("default", "here"), StringComparison.Ordinal);
        Assert.Contains("takes only processes that the manager has started", Refused("red", "launched"), StringComparison.Ordinal);
        Assert.Contains($"is of security domain \"red\": register at {Socket("red")}", Refused("blue", "red"), StringComparison.Ordinal);
        Assert.Contains("has yet to register has its token", Refused("red", "red", options => options with { Token = Guid.NewGuid().ToString() }), StringComparison.Ordinal);
        Assert.Contains("is of security domain \"red\"", Refused("red", "red", static options => options with { Domain = "blue" }), StringComparison.Ordinal);
        await platform.Manager.StopAsync();
        Assert.Contains("there is no such socket", Refused("red", "red"), StringComparison.Ordinal);

        string Socket(string domain) => Path.Combine(platform.Folder, domain, "control.sock");

        string Refused(string domain, string service, Func<NfProcessOptions, NfProcessOptions>? configure = null)
        {
            NfProcessOptions options = new() { SocketPath = Socket(domain), Service = service };
            return Assert.Throws<NfRegistrationException>(() => NfProcess.Run(new WhereIsIt(), configure?.Invoke(options) ?? options)).Message;
        }
    }

    [Fact]
    public void Options_that_do_not_fit_are_refused_with_what_to_change()
    {
        Assert.Contains("Set NfManagerOptions.Processes", Refused(builder => builder.AddService("a", () => new WhereIsIt(), new ServiceOptions { Domain = "red" })), StringComparison.Ordinal);
        Assert.Contains("neither a factory nor ServiceOptions.Processes", Refused(builder => builder.AddService("a", new ServiceOptions())), StringComparison.Ordinal);
        Assert.Contains("There is no security domain \"green\", only \"default\"", Refused(builder =>
        {
            builder.Options = builder.Options with { Processes = new ProcessOptions { Folder = "/tmp/none" } };
            builder.AddService("a", () => new WhereIsIt(), new ServiceOptions { Domain = "green" });
        }), StringComparison.Ordinal);
        Assert.Contains("Two security domains are named \"default\"", Refused(builder => builder.Options = builder.Options with { Processes = new ProcessOptions { Folder = "/tmp/none", Domains = [new SecurityDomainOptions { Name = "default" }] } }), StringComparison.Ordinal);

        static string Refused(Action<Core.Management.NfManagerBuilder> configure)
        {
            Core.Management.NfManagerBuilder builder = new() { DefaultChain = ServiceChain.Drop };
            configure(builder);
            return Assert.Throws<ArgumentException>(builder.Build).Message;
        }
    }

    private static ProcessOptions TwoDomains(ProcessOptions options) => options with
    {
        Domains = [new SecurityDomainOptions { Name = "red", Buffers = 1_024 }, new SecurityDomainOptions { Name = "blue", Buffers = 1_024 }],
    };

    private static ServiceId AddService(ProcessPlatform platform, string domain, uint user) => platform.Builder.AddService(domain, new ServiceOptions
    {
        Domain = domain,
        Processes = new ProcessServiceOptions { Launch = launch => launch.Apply(AsUser(user, NfChild.Program<WhereIsIt>())) },
    });

    private static ProcessStartInfo AsUser(uint user, ProcessStartInfo start)
    {
        string[] command = [$"--reuid={user}", $"--regid={user}", "--clear-groups", start.FileName, .. start.ArgumentList];
        ProcessStartInfo other = new("setpriv", command) { RedirectStandardError = true, RedirectStandardOutput = true, WorkingDirectory = "/" };
        other.Environment["HOME"] = "/tmp";
        return other;
    }

    private static string UserOf(int process) => File.ReadLines($"/proc/{process}/status").First(line => line.StartsWith("Uid:", StringComparison.Ordinal)).Split('\t')[1];

    private static string Tried(uint user, string socket, int process) =>
        ChildScenario.RunBehind(["setpriv", $"--reuid={user}", $"--regid={user}", "--clear-groups"], [new("HOME", "/tmp")], Try, socket, $"{process}").Result;

    private static string Try(string[] arguments)
    {
        string socket = "it was let in";
        try
        {
            NfProcess.Run(new WhereIsIt(), new NfProcessOptions { SocketPath = arguments[0], Service = "none" });
        }
        catch (NfRegistrationException exception)
        {
            socket = exception.Message[(exception.Message.IndexOf(": ", StringComparison.Ordinal) + 2)..];
        }

        return $"{socket}|{(CanList($"/proc/{arguments[1]}/fd") ? "files" : "no files")}, {(CanOpen($"/proc/{arguments[1]}/mem") ? "memory" : "no memory")}";
    }

    private static bool CanList(string folder)
    {
        try
        {
            return Directory.GetFileSystemEntries(folder).Length > 0;
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static bool CanOpen(string file)
    {
        try
        {
            using FileStream stream = File.Open(file, FileMode.Open, FileAccess.ReadWrite);
            return true;
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Writes into each packet the number of the buffer that it finds it in.</summary>
    public sealed class WhereIsIt : NetworkFunction
    {
        private const int FirstPlace = 64;

        public static uint[] PlacesIn(byte[] frame) => [.. Enumerable.Range(0, frame[FirstPlace]).Select(i => BitConverter.ToUInt32(frame, FirstPlace + 1 + (4 * i)))];

        protected override void ProcessBatch(PacketBatch batch)
        {
            for (int i = 0; i < batch.Count; i++)
            {
                if (batch[i].Length < 200)
                    continue;
                Span<byte> data = batch[i].Data;
                BitConverter.TryWriteBytes(data[(FirstPlace + 1 + (4 * data[FirstPlace]++))..], batch.Descriptors[i].BufferIndex);
            }
        }
    }
}
