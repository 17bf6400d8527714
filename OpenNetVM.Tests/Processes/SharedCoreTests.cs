using System.Globalization;
using OpenNetVM.Core.Dataplane;
using OpenNetVM.Core.LoadBalancing;
using OpenNetVM.Core.NetworkFunctions;
using OpenNetVM.Core.Packets;
using OpenNetVM.Core.Processes;
using OpenNetVM.Core.Services;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.Processes;

/// <summary>Processes that wait for packets without a core of their own (paper, "interrupt-driven NFs").</summary>
public class SharedCoreTests
{
    [Fact]
    public async Task A_process_that_waits_is_woken_by_a_packet_a_message_and_its_timers_and_else_uses_no_processor()
    {
        await using ProcessPlatform platform = new();
        ServiceId service = platform.AddService<Waiting>("waiting", child: nameof(Waiting.ForAnHour));
        platform.Start(service);
        int process = platform.Statistics.Instances[0].ProcessId!.Value;

        // It sleeps for an hour unless it is woken.
        for (int i = 1; i <= 20; i++)
            Assert.Equal(i, platform.Run(Frames.Flows(1)).Single()[^1]);
        Assert.Equal(1, platform.Manager.Post(service, 100, default));
        ProcessPlatform.Until(() => platform.Run(Frames.Flows(1)).Single()[^1] > 100, "the message has come");
        ProcessPlatform.Until(() => platform.Statistics.Created >= 3, "its timer has fired three times");

        long before = TicksOf(process);
        await Task.Delay(TimeSpan.FromSeconds(2), TestContext.Current.CancellationToken);
        Assert.InRange(TicksOf(process) - before, 0, 10);
        await platform.AssertConservedAsync();
    }

    [Fact]
    public async Task Fifty_processes_share_this_machine_s_cores_and_all_get_their_packets()
    {
        const int Processes = 50;
        await using ProcessPlatform platform = new();
        ServiceId service = platform.AddService<NfProcessTests.Numbering>(
            "many",
            new ServiceOptions { Instances = Processes, LoadBalancer = new Maglev() },
            options => options with { StartTimeout = TimeSpan.FromMinutes(3), HangTimeout = TimeSpan.FromSeconds(30) },
            nameof(NfProcessTests.Numbering.Waits));
        platform.Start(service);

        IReadOnlyList<byte[]> left = platform.Run(Frames.Flows(3_000));

        Assert.Equal(3_000, left.Count);
        Assert.Equal(Processes, left.Select(NfProcessTests.Numbering.InstanceOf).Distinct().Count());
        Assert.Equal(Processes, platform.Statistics.Instances.Select(instance => instance.ProcessId).Distinct().Count());
        await platform.AssertConservedAsync();
        Assert.Empty(platform.Faults);
    }

    // User and system time, in hundredths of a second: the 14th and 15th word of proc_pid_stat(5); the 2nd, a name in brackets, may hold blanks.
    private static long TicksOf(int process)
    {
        string[] words = File.ReadAllText($"/proc/{process}/stat").Split(')')[1].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return long.Parse(words[11], CultureInfo.InvariantCulture) + long.Parse(words[12], CultureInfo.InvariantCulture);
    }

    public sealed class Waiting : NetworkFunction
    {
        private byte _seen;

        public static NfProcessOptions ForAnHour(NfProcessOptions options) => options with { Idle = IdleStrategy.Wait(TimeSpan.FromHours(1)) };

        protected override void OnStart() => Context.Schedule(TimeSpan.FromMilliseconds(100), Fire, TimeSpan.FromMilliseconds(100));

        protected override void Process(Packet packet) => packet.Data[^1] = ++_seen;

        protected override void OnMessage(in NfMessage message) => _seen = (byte)message.Kind;

        private void Fire()
        {
            if (!Context.TryCreate(out HeldPacket packet))
                return;
            Context.Open(ref packet).TrySetData(Frames.Udp(1, 2, 3, 4, 70));
            Context.TrySend(ref packet, PacketAction.Drop);
        }
    }
}
