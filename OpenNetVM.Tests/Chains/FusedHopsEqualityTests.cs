using System.Collections.Immutable;
using System.Globalization;
using Microsoft.Extensions.Time.Testing;
using OpenNetVM.Core.Chains;
using OpenNetVM.Core.Diagnostics;
using OpenNetVM.Core.Management;
using OpenNetVM.Core.NetworkFunctions;
using OpenNetVM.Core.Packets;
using OpenNetVM.Core.Ports;
using OpenNetVM.Core.Services;
using OpenNetVM.Core.Steering;
using OpenNetVM.FlowTable;
using OpenNetVM.Testing;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.Chains;

/// <summary>
/// The same traffic through the same platform with fused hops and without: what comes out and what is counted must be the same. Platforms, functions and
/// rules are made up from a seed; OPENNETVM_FUSED_SEED repeats one.
/// </summary>
public class FusedHopsEqualityTests
{
    private const int Scenarios = 300;
    private const int Flows = 12;

    [Fact]
    public void Output_and_counters_are_the_same_past_the_rings_and_through_them()
    {
        int only = int.TryParse(Environment.GetEnvironmentVariable("OPENNETVM_FUSED_SEED"), NumberStyles.Integer, CultureInfo.InvariantCulture, out int given) ? given : 0;
        int[] seeds = only != 0 ? [only] : [.. Enumerable.Range(0, Scenarios).Select(_ => Random.Shared.Next(1, int.MaxValue))];
        long handled = 0;
        foreach (int seed in seeds)
        {
            Outcome rings = Run(seed, fusedHops: false);
            Outcome fused = Run(seed, fusedHops: true);
            Assert.True(rings.Lines.SequenceEqual(fused.Lines), $"seed {seed}\n{string.Join('\n', rings.Lines.Zip(fused.Lines).Where(pair => pair.First != pair.Second).Select(pair => $"rings: {pair.First}\nfused: {pair.Second}"))}");
            handled += fused.Handled;
        }

        Assert.True(only != 0 || handled > Scenarios * 500, $"only {handled} packets were handled");
    }

    private static Outcome Run(int seed, bool fusedHops)
    {
        using Scenario scenario = new(seed, fusedHops);
        return scenario.Run();
    }

    private static uint Mix(params ReadOnlySpan<int> values)
    {
        uint hash = 2_166_136_261;
        foreach (int value in values)
            hash = (uint)System.Numerics.BitOperations.RotateLeft((hash ^ (uint)value) * 0x9E37_79B1, 13) * 0x85EB_CA6B;
        return hash ^ (hash >> 15);
    }

    private sealed record Outcome(IReadOnlyList<string> Lines, long Handled);

    private sealed class Scenario : IDisposable
    {
        private readonly FakeTimeProvider _time = new();
        private readonly List<Anything> _functions = [];
        private readonly List<string> _lines = [];
        private readonly Random _random;
        private readonly TestPlatform _platform;
        private readonly ServiceId[] _services;
        private readonly ChainId[] _chains;
        private readonly bool _throws;
        private int _sent;
        private int _poison = -1;

        public Scenario(int seed, bool fusedHops)
        {
            Seed = seed;
            _random = new Random(seed);
            _throws = _random.Next(3) == 0;
            // What is left to another instance takes a hop more: which packets that happens to must not matter.
            _platform = new TestPlatform(new NfManagerOptions
            {
                Time = _time,
                Dataplane = new() { FusedHops = fusedHops, HopLimit = _throws ? 60_000 : _random.Next(3, 30), BurstSize = 1 << _random.Next(2, 7), Policy = Policy() },
            });
            string[] workers = ["a", "b"];
            foreach (string worker in workers)
                _platform.Builder.AddWorker(worker);
            bool oneWorker = _random.Next(2) == 0;
            _services = new ServiceId[_random.Next(1, 6)];
            for (int i = 0; i < _services.Length; i++)
            {
                int number = i;
                ServiceOptions options = new()
                {
                    Instances = number == 0 && _throws ? 3 : _random.Next(1, 4),
                    PinFlows = _random.Next(5) == 0 && !_throws,
                    Workers = oneWorker ? ["a"] : [workers[_random.Next(2)]],
                    TransmitWorker = oneWorker ? "a" : workers[_random.Next(2)],
                };
                _services[i] = _platform.Builder.AddService(
                    $"s{i}",
                    () =>
                    {
                        Anything function = new(this, number);
                        _functions.Add(function);
                        return function;
                    },
                    options);
            }

            _chains = [.. Enumerable.Range(0, 3).Select(_ => _platform.Builder.AddChain(Chain()))];
            _platform.Start(Chain());
        }

        private int Seed { get; }

        public Outcome Run()
        {
            for (int turn = 0; turn < 4; turn++)
                Turn();
            Report();
            return new Outcome(_lines, _platform.Statistics.Instances.Sum(instance => instance.Handled));
        }

        public void Dispose() => _platform.Dispose();

        private static Ipv4FlowKey KeyOf(int flow) => new(0x0A000001 + (uint)flow, 0xC0A80001, (ushort)(2_000 + flow), 80, 17);

        private SteeringPolicy Policy() => _random.Next(3) == 0
            ? SteeringPolicy.Create(allow => allow.Send(new ServiceId(1), new ServiceId(2)).Send(new ServiceId(2), new PortId(0)), _random.Next(2) == 0 ? VetoAction.Drop : VetoAction.FollowChain)
            : SteeringPolicy.AllowAll;

        private ServiceChain Chain()
        {
            ServiceId[] steps = [.. Enumerable.Range(0, _random.Next(0, 8)).Select(_ => _services[_random.Next(_services.Length)])];
            return _random.Next(8) == 0 ? ServiceChain.Through(steps).ToDrop() : ServiceChain.Through(steps).To(_random.Next(4) == 0 ? TestPlatform.InputId : TestPlatform.OutputId);
        }

        // Traffic, then, while nothing moves, whatever must not depend on when a packet is where.
        private void Turn()
        {
            int packets = _random.Next(1, 300);

            // One throws at most, so that others of its service are left.
            _poison = _throws ? _sent + _random.Next(packets) : -1;
            for (int i = 0; i < packets; i++)
            {
                Ipv4FlowKey flow = KeyOf(_random.Next(Flows));
                Assert.True(_platform.Input.Send(Frames.Udp(flow.Source, flow.Destination, flow.SourcePort, flow.DestinationPort, 64, _sent++)));
                if (_random.Next(40) == 0)
                    _platform.Manager.Poll();
            }

            _platform.Manager.PollUntilIdle();
            _lines.AddRange(Describe("out", _platform.Output.ReceiveAll()));
            _lines.AddRange(Describe("in", _platform.Input.ReceiveAll()));
            foreach (Anything function in _functions)
                function.Release();
            _time.Advance(TimeSpan.FromSeconds(1));
            _platform.Manager.PollUntilIdle();
            Ipv4FlowKey changed = KeyOf(_random.Next(Flows));
            if (_random.Next(2) == 0)
                _platform.Manager.Director.TrySet(changed, _chains[_random.Next(3)]);
            else
                _platform.Manager.Director.Remove(changed);
        }

        private void Report()
        {
            PlatformStatistics statistics = _platform.Statistics;
            _lines.Add($"{statistics.ConservationLine}; rejected {statistics.RejectedDescriptors}, vetoed {statistics.VetoedActions}");
            _lines.Add("dropped " + Text(statistics.DroppedByReason));
            foreach (PortReport port in statistics.Ports)
                _lines.Add($"{port.Name}: {port.Statistics.ReceivedPackets} {port.Statistics.TransmittedPackets} {port.Statistics.TransmittedBytes} {port.Refused} {port.Waiting}");
            foreach (ServiceReport service in statistics.Services)
                _lines.Add(service.ToString());

            // Which instance has a packet when another faults depends on what else it meets there.
            foreach (InstanceReport instance in statistics.Instances.Where(_ => !_throws))
            {
                _lines.Add($"{instance.Id}: {instance.State} in {instance.Enqueued} handled {instance.Handled} created {instance.Created} held {instance.Held} waiting {instance.ReceiveDepth}"
                    + $" {instance.TransmitDepth} rejected {instance.RejectedDescriptors} vetoed {instance.VetoedActions} dropped {Text(instance.Dropped)}");
            }

            _lines.Add($"faults {statistics.Instances.Sum(instance => instance.Faults)}");
        }

        private static string Text(ImmutableSortedDictionary<DropReason, long> drops) => string.Join(", ", drops.Select(drop => $"{drop.Key} {drop.Value}"));

        // Every flow's packets in the order in which they left. Which of its clones and held packets is first depends on where each was made or held, and
        // what a faulted instance leaves to others may be overtaken, through the rings too.
        private IEnumerable<string> Describe(string port, IReadOnlyList<byte[]> frames) => frames
            .GroupBy(frame => (Flow: frame[29], Special: frame[^1]))
            .OrderBy(flow => flow.Key)
            .Select(flow => $"{port} {flow.Key}: {string.Join(' ', flow.Select(frame => Frames.Mark(frame)).OrderBy(mark => flow.Key.Special == 0 && !_throws ? 0 : mark))}");

        /// <summary>
        /// Does whatever a function can do. Where a packet goes depends on its flow alone, so that a flow's packets stay together; what becomes of it
        /// depends on its mark.
        /// </summary>
        private sealed class Anything(Scenario scenario, int number) : NetworkFunction
        {
            private readonly List<HeldPacket> _held = [];

            /// <summary>Sends what is held.</summary>
            public void Release()
            {
                foreach (HeldPacket held in _held)
                {
                    HeldPacket packet = held;
                    Assert.True(Context.TrySend(ref packet, PacketAction.Next));
                }

                _held.Clear();
            }

            protected override void ProcessBatch(PacketBatch batch)
            {
                base.ProcessBatch(batch);
                foreach (ref PacketDescriptor descriptor in batch.Descriptors)
                {
                    if (descriptor.RssHash == uint.MaxValue)
                        descriptor.BufferIndex = uint.MaxValue - 1;
                }
            }

            protected override void Process(Packet packet)
            {
                int mark = Frames.Mark(packet.Data);
                int visit = packet.UserArea[0]++;
                if (packet.Data[^1] != 0)
                    return;

                if (number == 0 && mark == scenario._poison)
                    throw new InvalidDataException();

                uint way = Mix(scenario.Seed, number, packet.Data[29], visit) % 20;
                if (way < 4)
                    packet.SendTo(new ServiceId((ushort)(1 + (way % 4))));
                else if (way == 4)
                    packet.SendTo(new PortId((ushort)(visit % 2)));

                switch (Mix(scenario.Seed, number, mark, visit + 1_000) % 100)
                {
                    case < 4:
                        packet.Drop();
                        break;
                    case 4 when number != 0 || !scenario._throws:
                        packet.Data[^1] = 2;
                        _held.Add(Context.Hold(packet));
                        break;
                    case 5:
                        Assert.True(Context.TryClone(packet, out HeldPacket clone));
                        Context.Open(ref clone).Data[^1] = 1;
                        Assert.True(Context.TrySend(ref clone, PacketAction.Next));
                        break;
                    case 7 when mark % 4 == 0 && (number != 0 || !scenario._throws):
                        packet.Descriptor.RssHash = uint.MaxValue;
                        break;
                }
            }
        }
    }
}
