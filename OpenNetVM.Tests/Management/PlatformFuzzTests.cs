using System.Globalization;
using OpenNetVM.Core.Captures;
using OpenNetVM.Core.Chains;
using OpenNetVM.Core.Diagnostics;
using OpenNetVM.Core.Headers;
using OpenNetVM.Core.Management;
using OpenNetVM.Core.NetworkFunctions;
using OpenNetVM.Core.Packets;
using OpenNetVM.Core.Ports;
using OpenNetVM.Core.Services;
using OpenNetVM.FlowTable;
using OpenNetVM.Tests.Headers;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.Management;

/// <summary>
/// Mutated frames, real and made-up ones as seeds, through a whole platform whose functions do everything to packets that they can. OPENNETVM_FUZZ_FRAMES
/// sets how many frames (400,000 otherwise), OPENNETVM_FUZZ_SEED repeats a run.
/// </summary>
public class PlatformFuzzTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Every_frame_is_accounted_for_whatever_is_in_it_and_whatever_is_done_to_it(bool fusedHops)
    {
        int frames = Number("OPENNETVM_FUZZ_FRAMES") ?? 400_000;
        int seed = Number("OPENNETVM_FUZZ_SEED") ?? Random.Shared.Next();
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}, {frames} frames");
        Random random = new(seed);
        List<byte[]> seeds = Seeds();
        LoopbackPort input = new("in", new LoopbackPortOptions { ProvidesRssHash = false });
        LoopbackPort output = new("out");
        NfManagerBuilder builder = new() { Options = new NfManagerOptions { HandDriven = true, Dataplane = new() { FusedHops = fusedHops } } };
        PortId inId = builder.AddPort(input);
        PortId outId = builder.AddPort(output);
        ChainId[] chains = [new(1), new(2), new(3)];
        ServiceId first = builder.AddService("first", () => new Anything(random, chains, inId), new ServiceOptions { Instances = 3, Restart = new RestartPolicy { InitialBackOff = TimeSpan.Zero, MaxBackOff = TimeSpan.Zero } });
        ServiceId second = builder.AddService("second", () => new Anything(random, chains, inId), new ServiceOptions { Instances = 2, PinFlows = true });
        builder.DefaultChain = ServiceChain.Through(first, second).To(outId);
        builder.AddChain(ServiceChain.Through(second, first).To(outId));
        builder.AddChain(ServiceChain.Drop);
        builder.AddChain(ServiceChain.To(inId));
        await using NfManager manager = builder.Build();
        manager.Start();

        byte[] frame = new byte[4_096];
        byte[] taken = new byte[4_096];
        for (int i = 0; i < frames; i++)
        {
            Assert.True(input.Send(Mutate(seeds, random, frame)), $"frame {i} of seed {seed} found no room");
            if (i % 64 != 63)
                continue;
            manager.PollUntilIdle(100_000);
            while (output.TryReceive(taken, out _) || input.TryReceive(taken, out _))
            {
            }
        }

        manager.PollUntilIdle();
        PlatformStatistics statistics = manager.GetStatistics();
        Assert.True(statistics.Unaccounted == 0, $"seed {seed}: {statistics.ConservationLine}");
        PortStatistics port = input.GetStatistics();
        Assert.Equal(frames, statistics.Received + port.DroppedOversize + port.DroppedNoBuffer);
        Assert.Equal(0, statistics.RejectedDescriptors);
        Assert.Equal(0, manager.Pool.RejectedFrees);
        await manager.StopAsync();
        Assert.Equal(0, manager.Pool.InUse);
    }

    private static ReadOnlySpan<byte> Mutate(List<byte[]> seeds, Random random, byte[] frame)
    {
        byte[] seed = seeds[random.Next(seeds.Count)];
        int length = Math.Min(random.Next(8) == 0 ? random.Next(seed.Length + 1) : seed.Length, frame.Length);
        seed.AsSpan(0, length).CopyTo(frame);
        if (random.Next(50) == 0)
            length = random.Next(frame.Length);
        for (int changes = length == 0 ? 0 : random.Next(5); changes > 0; changes--)
            frame[random.Next(Math.Min(length, 80))] = (byte)random.Next(256);
        return frame.AsSpan(0, length);
    }

    private static List<byte[]> Seeds()
    {
        List<byte[]> seeds = [.. HandMadeFrames.All];
        if (RepositoryFiles.Traffic is not { } folder)
            return seeds;
        foreach (string file in Directory.EnumerateFiles(folder, "*.pcap*").Order(StringComparer.Ordinal))
        {
            using CaptureReader reader = CaptureReader.OpenFile(file);
            for (int i = 0; i < 100 && reader.TryRead(out CapturedFrame captured); i++)
                seeds.Add(captured.Data.ToArray());
        }

        return seeds;
    }

    private static int? Number(string variable) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.Integer, CultureInfo.InvariantCulture, out int value) ? value : null;

    /// <summary>Reads what it can and does, by chance, everything that a function may do.</summary>
    private sealed class Anything(Random random, ChainId[] chains, PortId port) : NetworkFunction
    {
        private HeldPacket _held;
        private uint _sum;

        protected override void Process(Packet packet)
        {
            Read(packet);
            switch (random.Next(40))
            {
                case 0: packet.Drop(); break;
                case 1: packet.SendTo(port); break;
                case 2: packet.SendTo(new ServiceId((ushort)random.Next(4))); break;
                case 3: Context.Flows.TrySet(packet, chains[random.Next(chains.Length)]); break;
                case 4 when packet.TryGetFlowKey(out Ipv4FlowKey flow): Context.Flows.Remove(flow); break;
                case 5: packet.TryPrepend(random.Next(200), out _); break;
                case 6: packet.TryAppend(random.Next(3_000), out _); break;
                case 7: packet.TryTrimStart(random.Next(200)); break;
                case 8: packet.TryTrimEnd(random.Next(200)); break;
                case 9 when Context.TryClone(packet, out HeldPacket clone): Send(ref clone); break;
                case 10 when Context.TryCreate(out HeldPacket created): Send(ref created); break;
                case 11 when !_held.IsHeld: _held = Context.Hold(packet); break;
                case 12 when _held.IsHeld: Send(ref _held); break;
                case 13 when random.Next(500) == 0: throw new InvalidDataException("now and then");
            }
        }

        private void Send(ref HeldPacket packet)
        {
            if (!Context.TrySend(ref packet, random.Next(3) == 0 ? PacketAction.Drop : PacketAction.Next))
                Context.Drop(ref packet);
        }

        private void Read(Packet packet)
        {
            PacketLayers layers = packet.Layers;
            if (Ipv4Header.TryParse(layers.Network(packet.Data), out Ipv4Header ipv4))
                _sum += ipv4.Source;
            if (TcpHeader.TryParse(layers.Transport(packet.Data), out TcpHeader tcp))
                _sum += tcp.SourcePort;
            foreach (byte value in layers.Payload(packet.Data))
                _sum += value;
        }
    }
}
