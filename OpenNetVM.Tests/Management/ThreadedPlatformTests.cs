using OpenNetVM.Core.Chains;
using OpenNetVM.Core.Dataplane;
using OpenNetVM.Core.Diagnostics;
using OpenNetVM.Core.LoadBalancing;
using OpenNetVM.Core.Management;
using OpenNetVM.Core.NetworkFunctions;
using OpenNetVM.Core.Packets;
using OpenNetVM.Core.Ports;
using OpenNetVM.Core.Services;
using OpenNetVM.FlowTable;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.Management;

/// <summary>Whole platforms with threads of their own, under changes of every kind, with every packet accounted for.</summary>
public abstract class ThreadedPlatformTests(bool fusedHops)
{
    private const int Packets = 60_000;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Packets_cross_workers_without_loss_and_in_order_per_flow(bool waiting)
    {
        await using Wired platform = new(fusedHops, waiting ? IdleStrategy.Wait() : IdleStrategy.Adaptive);
        ServiceId first = platform.Builder.AddService("first", () => new Counting(), new ServiceOptions { Workers = ["b"], TransmitWorker = "a" });
        ServiceId second = platform.Builder.AddService("second", () => new Counting(), new ServiceOptions { Instances = 3, Workers = ["a", "b"], TransmitWorker = "b" });
        platform.Start(ServiceChain.Through(first, second).To(platform.OutId));

        IReadOnlyList<byte[]> left = await platform.RunAsync(Packets);

        Assert.Equal(Packets, left.Count);
        foreach (IGrouping<ushort, int> flow in left.GroupBy(frame => (ushort)((frame[34] << 8) | frame[35]), frame => Frames.Mark(frame)))
            Assert.True(flow.SequenceEqual(flow.Order()), "the packets of a flow changed places");
        await platform.AssertConservedAsync();
    }

    [Fact]
    public async Task Chains_replaced_while_packets_flow_lose_nothing_and_skip_nothing()
    {
        await using Wired platform = new(fusedHops, IdleStrategy.Yield);
        ServiceId a = platform.Builder.AddService("a", () => new Marking(1), new ServiceOptions { Workers = ["b"] });
        ServiceId b = platform.Builder.AddService("b", () => new Marking(2));
        ServiceId c = platform.Builder.AddService("c", () => new Marking(4), new ServiceOptions { Workers = ["b"] });
        platform.Start(ServiceChain.Through(a, b).To(platform.OutId));

        ServiceChain[] chains = [ServiceChain.Through(a, c).To(platform.OutId), ServiceChain.Through(c, b).To(platform.OutId), ServiceChain.Through(a, b).To(platform.OutId)];
        int replaced = 0;
        IReadOnlyList<byte[]> left = await platform.RunAsync(Packets, () => platform.Manager.Chains.Default = chains[replaced++ % chains.Length]);

        Assert.True(replaced > 10, $"only {replaced} changes happened");
        Assert.Equal(Packets, left.Count);

        // Each packet saw all services of one of the chains, never a mixture of two.
        Assert.Equal([1 | 2, 1 | 4, 2 | 4], left.Select(frame => (int)frame[^1]).Distinct().Order());
        await platform.AssertConservedAsync();
    }

    [Fact]
    public async Task Instances_that_come_and_go_while_packets_flow_lose_nothing()
    {
        await using Wired platform = new(fusedHops, IdleStrategy.Adaptive);
        ServiceId service = platform.Builder.AddService("service", () => new Counting(), new ServiceOptions { Instances = 2, Workers = ["b", "a"], LoadBalancer = new Maglev() });
        ServiceId next = platform.Builder.AddService("next", () => new Counting());
        platform.Start(ServiceChain.Through(service, next).To(platform.OutId));

        int changes = 0;
        IReadOnlyList<byte[]> left = await platform.RunAsync(Packets, async () =>
        {
            InstanceId added = platform.Manager.StartInstance(service);
            InstanceId oldest = platform.Manager.Services.Instances.First(instance => instance.Service == service).Id;
            await platform.Manager.StopInstanceAsync(oldest);
            Assert.NotEqual(added, oldest);
            changes++;
        });

        Assert.True(changes > 10, $"only {changes} changes happened");
        Assert.Equal(Packets, left.Count);
        Assert.Equal(0, platform.Manager.GetStatistics().RejectedDescriptors);
        await platform.AssertConservedAsync();
    }

    [Fact]
    public async Task Rules_set_and_removed_while_packets_flow_lose_nothing()
    {
        await using Wired platform = new(fusedHops, IdleStrategy.Adaptive);
        ServiceId one = platform.Builder.AddService("one", () => new Counting(), new ServiceOptions { Workers = ["b"] });
        ServiceId two = platform.Builder.AddService("two", () => new Counting(), new ServiceOptions { Workers = ["b"] });
        ChainId other = platform.Builder.AddChain(ServiceChain.Through(two, one).To(platform.OutId));
        platform.Start(ServiceChain.Through(one).To(platform.OutId));

        int changes = 0;
        IReadOnlyList<byte[]> left = await platform.RunAsync(Packets, () =>
        {
            for (uint flow = 0; flow < 64; flow++)
            {
                Ipv4FlowKey key = Wired.FlowOf((int)flow);
                if ((changes + flow) % 2 == 0)
                    platform.Manager.Director.TrySet(key, other);
                else
                    platform.Manager.Director.Remove(key);
            }

            changes++;
        });

        Assert.True(changes > 10, $"only {changes} changes happened");
        Assert.Equal(Packets, left.Count);
        await platform.AssertConservedAsync();
    }

    [Fact]
    public async Task Functions_that_throw_now_and_then_cost_only_the_packets_they_threw_at()
    {
        await using Wired platform = new(fusedHops, IdleStrategy.Adaptive);
        ServiceOptions fragile = new() { Instances = 2, Workers = ["a", "b"], Restart = new RestartPolicy { InitialBackOff = TimeSpan.FromMilliseconds(1), MaxBackOff = TimeSpan.FromMilliseconds(1) } };
        ServiceId service = platform.Builder.AddService("service", () => new ThrowingEvery(9_973), fragile);
        platform.Start(ServiceChain.Through(service).To(platform.OutId));

        IReadOnlyList<byte[]> left = await platform.RunAsync(Packets);

        PlatformStatistics statistics = platform.Manager.GetStatistics();
        Assert.True(statistics.DroppedByReason[DropReason.FunctionFault] > 0);
        Assert.Equal(Packets, left.Count + statistics.DroppedByReason[DropReason.FunctionFault] + statistics.DroppedByReason[DropReason.NoInstance]);
        await platform.AssertConservedAsync();
    }

    [Fact]
    public async Task Stopping_in_the_middle_accounts_for_every_packet()
    {
        await using Wired platform = new(fusedHops, IdleStrategy.Adaptive);
        ServiceId service = platform.Builder.AddService("service", () => new Counting(), new ServiceOptions { Workers = ["b"] });
        platform.Start(ServiceChain.Through(service).To(platform.OutId));
        for (int i = 0; i < 5_000; i++)
            platform.In.Send(Wired.Frame(i));
        await platform.Manager.StopAsync();

        PlatformStatistics statistics = platform.Manager.GetStatistics();
        Assert.Equal(0, statistics.Unaccounted);
        Assert.Equal(0, statistics.Held);
        Assert.Equal(0, statistics.Dropped);
        Assert.Equal(statistics.Transmitted, platform.Out.ReceiveAll().Count);
        Assert.Equal(ManagerState.Stopped, platform.Manager.State);
    }

    [Fact]
    public async Task Two_platforms_in_one_process_know_nothing_of_each_other()
    {
        (LoopbackPort left, LoopbackPort right) = LoopbackPort.CreatePair("left", "right", new LoopbackPortOptions { Capacity = 4_096 });
        await using Wired first = new(fusedHops, IdleStrategy.Adaptive, towards: left);
        await using Wired second = new(fusedHops, IdleStrategy.Adaptive, from: right);
        ServiceId one = first.Builder.AddService("same name", () => new Marking(1));
        ServiceId two = second.Builder.AddService("same name", () => new Marking(2));
        first.Start(ServiceChain.Through(one).To(first.OutId));
        second.Start(ServiceChain.Through(two).To(second.OutId));

        List<byte[]> received = [];
        for (int i = 0; i < 2_000; i++)
        {
            while (!first.In.Send(Wired.Frame(i)))
                await Task.Delay(1, TestContext.Current.CancellationToken);
        }

        while (received.Count < 2_000)
            received.Add(await second.Out.ReceiveAsync(TestContext.Current.CancellationToken));
        Assert.All(received, frame => Assert.Equal(3, frame[^1]));
        Assert.Equal(2_000, first.Manager.GetStatistics().Transmitted);
        Assert.Equal(2_000, second.Manager.GetStatistics().Received);
        await first.AssertConservedAsync();
        await second.AssertConservedAsync();
    }

    /// <summary>A platform with two workers between two wires, the first of which waits for room.</summary>
    private sealed class Wired : IAsyncDisposable
    {
        private NfManager? _manager;

        public Wired(bool fusedHops, IdleStrategy idle, LoopbackPort? from = null, LoopbackPort? towards = null)
        {
            In = from ?? new LoopbackPort("in", new LoopbackPortOptions { Capacity = 4_096, CanWait = true });
            Out = towards ?? new LoopbackPort("out", new LoopbackPortOptions { Capacity = 65_536 });
            Builder.Options = new NfManagerOptions { Dataplane = new() { FusedHops = fusedHops } };
            Builder.AddWorker("a", idle: idle);
            Builder.AddWorker("b", idle: idle);
            Builder.AddPort(In, "a");
            OutId = Builder.AddPort(Out);
        }

        public NfManagerBuilder Builder { get; } = new();

        public LoopbackPort In { get; }

        public LoopbackPort Out { get; }

        public PortId OutId { get; }

        public NfManager Manager => _manager!;

        public static Ipv4FlowKey FlowOf(int flow) => new(0x0A000001 + (uint)flow, 0xC0A80001, (ushort)(2_000 + flow), 80, 17);

        public static byte[] Frame(int i)
        {
            Ipv4FlowKey flow = FlowOf(i % 64);
            return Frames.Udp(flow.Source, flow.Destination, flow.SourcePort, flow.DestinationPort, 64, i);
        }

        public void Start(ServiceChain chain)
        {
            Builder.DefaultChain = chain;
            _manager = Builder.Build();
            _manager.Start();
        }

        public Task<IReadOnlyList<byte[]>> RunAsync(int packets, Action change) =>
            RunAsync(packets, () =>
            {
                change();
                return Task.CompletedTask;
            });

        /// <summary>Sends packets while something is changed again and again; returns what came out when nothing is under way any more.</summary>
        public async Task<IReadOnlyList<byte[]>> RunAsync(int packets, Func<Task>? change = null)
        {
            const int LeastChanges = 12;
            CancellationToken cancelled = TestContext.Current.CancellationToken;
            int made = 0;
            Task changes = Task.Run(
                async () =>
                {
                    while (change is not null && Manager.GetStatistics().Received < packets)
                    {
                        await change();
                        Interlocked.Increment(ref made);
                        await Task.Delay(1, cancelled);
                    }
                },
                cancelled);
            for (int i = 0; i < packets; i++)
            {
                // However fast the platform is, the changes keep up with it.
                while (Volatile.Read(ref made) < (long)i * LeastChanges / packets && !changes.IsCompleted)
                    await Task.Delay(1, cancelled);
                while (!In.Send(Frame(i)))
                    await Task.Delay(1, cancelled);
            }

            await changes;
            while (Manager.GetStatistics().Received < packets || Manager.PacketsUnderWay > 0)
                await Task.Delay(1, cancelled);
            return Out.ReceiveAll();
        }

        public async Task AssertConservedAsync()
        {
            await Manager.StopAsync();
            PlatformStatistics statistics = Manager.GetStatistics();
            Assert.True(statistics.Unaccounted == 0, statistics.ConservationLine);
            Assert.Equal(0, statistics.Held);
            Assert.Equal(0, Manager.Pool.RejectedFrees);
        }

        public ValueTask DisposeAsync() => _manager?.DisposeAsync() ?? ValueTask.CompletedTask;
    }

    private sealed class Counting : NetworkFunction
    {
        private long _count;

        protected override void Process(Packet packet) => _count += packet.Length;
    }

    private sealed class Marking(byte bit) : NetworkFunction
    {
        protected override void Process(Packet packet) => packet.Data[^1] |= bit;
    }

    private sealed class ThrowingEvery(int period) : NetworkFunction
    {
        protected override void Process(Packet packet)
        {
            if (Frames.Mark(packet.Data) % period == period - 1)
                throw new InvalidDataException();
        }
    }

    public sealed class Fused() : ThreadedPlatformTests(fusedHops: true);

    public sealed class OverRings() : ThreadedPlatformTests(fusedHops: false);
}
