using System.Collections.Immutable;
using OpenNetVM.Core.Chains;
using OpenNetVM.Core.Dataplane;
using OpenNetVM.Core.Diagnostics;
using OpenNetVM.Core.Memory;
using OpenNetVM.Core.NetworkFunctions;
using OpenNetVM.Core.Processes;
using OpenNetVM.Core.Services;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.Processes;

/// <summary>
/// A hostile process in one security domain, and honest functions in another: whatever the one does, the manager neither crashes, hangs nor leaks, and the other's packets arrive as
/// they were sent.
/// </summary>
public class HostileFunctionTests
{
    // Of everything, in all attacks together: some ten million, and more where the machine is faster.
    private const long Descriptors = 10_000_000;

    [Theory]
    [InlineData("Descriptors", NfViolation.ForeignDescriptor, Descriptors)]
    [InlineData("Descriptors", NfViolation.ForgedDescriptor, 100)]
    [InlineData("Descriptors", NfViolation.UnknownAction, 100)]
    [InlineData("Cursors", NfViolation.ImpossibleCursor, 100)]
    [InlineData("Scribble", NfViolation.ImpossibleCursor, 100)]
    [InlineData("Messages", NfViolation.MalformedMessage, 100_000)]
    [InlineData("Messages", NfViolation.Flood, 3)]
    public async Task What_a_process_writes_is_counted_and_does_no_harm(string attack, NfViolation violation, long count)
    {
        await using Arena arena = new(attack, long.MaxValue);

        arena.FightUntil(() => arena.Violations.GetValueOrDefault(violation) >= count);

        await arena.EndAsync();
    }

    [Fact]
    public async Task Headers_and_frames_that_change_while_the_manager_reads_them_do_no_harm()
    {
        await using Arena arena = new("Headers", long.MaxValue);

        arena.FightUntil(() => arena.HostilePackets >= 100_000);

        await arena.EndAsync();
    }

    [Theory]
    [InlineData("Bell")]
    [InlineData("Garble")]
    public async Task A_bell_rung_without_pause_and_connections_that_send_no_frames_do_no_harm(string attack)
    {
        await using Arena arena = new(attack, long.MaxValue);
        int rounds = 0;

        arena.FightUntil(() => ++rounds > 100);

        await arena.EndAsync();
    }

    [Theory]
    [InlineData("Descriptors")]
    [InlineData("Cursors")]
    [InlineData("Messages")]
    public async Task A_process_is_expelled_when_it_has_broken_the_rules_too_often(string attack)
    {
        await using Arena arena = new(attack, 50);

        arena.FightUntil(() => arena.Platform.Faults.Count > 0);

        NfFault fault = Assert.Single(arena.Platform.Faults);
        Assert.Contains("it broke the rules", fault.Exception.Message, StringComparison.Ordinal);
        Assert.Null(fault.RestartsAt);
        int process = Assert.IsType<NfProcessException>(fault.Exception).ProcessId;
        ProcessPlatform.Until(() => !Directory.Exists($"/proc/{process}") || File.ReadAllText($"/proc/{process}/stat").Contains(") Z ", StringComparison.Ordinal), "the process is dead");
        await arena.EndAsync();
    }

    [Fact]
    public async Task A_process_that_keeps_what_it_is_given_is_expelled_before_it_has_all()
    {
        await using Arena arena = new("Hoard", long.MaxValue);

        arena.FightUntil(() => arena.Platform.Faults.Count > 0);

        Assert.Contains("packets; 1024 are allowed", Assert.Single(arena.Platform.Faults).Exception.Message, StringComparison.Ordinal);
        await arena.EndAsync();
    }

    /// <summary>A hostile service in a domain of its own and an honest chain in the default domain, both fed.</summary>
    private sealed class Arena : IAsyncDisposable
    {
        private readonly ServiceId _hostile;
        private readonly byte[][] _honestFrames = Frames.Flows(200);
        private readonly byte[][] _hostileFrames = [.. Frames.Flows(200).Select(frame => Reversed(frame))];

        public Arena(string attack, long limit)
        {
            Platform = new ProcessPlatform(
                options => options with { Domains = [new SecurityDomainOptions { Name = "hostile", Buffers = 2_048 }] },
                new DataplaneOptions { RingCapacity = 1_024, Pool = new PacketPoolOptions { Capacity = 8_192 } });
            ServiceId honest = Platform.AddService<NfProcessTests.Marking>("honest");
            _hostile = Platform.Builder.AddService("hostile", new ServiceOptions
            {
                Domain = "hostile",
                Instances = attack == "Garble" ? 0 : 1,
                Processes = new ProcessServiceOptions
                {
                    Launch = launch => launch.Apply(ChildScenario.Program(HostileFunction.Run, attack)),
                    ViolationLimit = limit,
                    HangTimeout = TimeSpan.FromMinutes(10),
                    MaxHeldPackets = attack == "Hoard" ? 1_024 : 100_000,
                },
            });

            // What comes in by the second port goes to the hostile service, and then to where it says it should.
            LoopbackPort = new("hostile side", new() { Capacity = 4_096 });
            Core.Ports.PortId side = Platform.Builder.AddPort(LoopbackPort);
            Platform.Builder.SetDefaultChain(side, ServiceChain.Through(_hostile).To(side));
            Platform.Start(honest);
            if (attack == "Garble")
                Garbler = System.Diagnostics.Process.Start(new NfLaunch(Path.Combine(Platform.Folder, "default", "control.sock"), "honest", string.Empty).Apply(ChildScenario.Program(HostileFunction.Run, attack)));
        }

        public ProcessPlatform Platform { get; }

        public Core.Ports.LoopbackPort LoopbackPort { get; }

        public System.Diagnostics.Process? Garbler { get; }

        public ImmutableSortedDictionary<NfViolation, long> Violations => Hostile?.Violations ?? ImmutableSortedDictionary<NfViolation, long>.Empty;

        public long HostilePackets => Hostile?.Handled ?? 0;

        private InstanceReport? Hostile => Platform.Statistics.Instances.FirstOrDefault(instance => instance.Service == _hostile);

        /// <summary>Feeds both until something has happened; what the honest ones send arrives as it should all the time.</summary>
        public void FightUntil(Func<bool> condition)
        {
            ProcessPlatform.Until(
                () =>
                {
                    foreach (byte[] frame in _hostileFrames)
                        LoopbackPort.Send(frame);

                    // The hostile one may send out of any port: whoever is connected there takes what comes.
                    LoopbackPort.ReceiveAll();
                    Platform.In.ReceiveAll();
                    Platform.Send(_honestFrames);
                    IReadOnlyList<byte[]> arrived = AwaitHonest();
                    Assert.Equal(_honestFrames.Select(frame => Frames.Mark(frame)), arrived.Select(frame => Frames.Mark(frame)));
                    Assert.All(arrived, frame => Assert.Equal(0xAB, frame[^1]));
                    return condition();
                },
                () => $"the attack has gone on long enough; {Describe()}");
        }

        /// <summary>Ends the hostile process, if it is still there, and the platform: every packet is accounted for.</summary>
        public async Task EndAsync()
        {
            Garbler?.Kill();
            if (Hostile is { } hostile)
            {
                Assert.Equal(0, Signals.Send(hostile.ProcessId!.Value, Signals.Kill));
                ProcessPlatform.Until(() => Hostile is null, "its end is noticed");
            }

            Assert.Equal(200, Platform.Run(_honestFrames).Count);
            Assert.Equal(InstanceState.Running, Assert.Single(Platform.Statistics.Instances).State);
            await Platform.AssertConservedAsync();
        }

        public async ValueTask DisposeAsync()
        {
            Garbler?.Kill();
            Garbler?.Dispose();
            await Platform.DisposeAsync();
        }

        private List<byte[]> AwaitHonest()
        {
            // The hostile ones may send theirs out of this port, too: what is marked is the honest function's.
            List<byte[]> arrived = [];
            ProcessPlatform.Until(
                () =>
                {
                    LoopbackPort.ReceiveAll();
                    Platform.In.ReceiveAll();
                    arrived.AddRange(Platform.Out.ReceiveAll().Where(frame => frame.Length == 64 && frame[^1] == 0xAB));
                    return arrived.Count >= _honestFrames.Length;
                },
                () => $"all honest packets arrive; there are {arrived.Count}; {Describe()}");
            return arrived;
        }

        private string Describe() =>
            $"{Platform.Statistics.ConservationLine}; {Platform.Manager.PacketsUnderWay} under way; {string.Join(", ", Platform.Statistics.Instances)}; {string.Join(", ", Violations)}";

        private static byte[] Reversed(byte[] frame) => Frames.Reversed(frame);
    }
}
