using System.Diagnostics;
using OpenNetVM.Benchmarks.Experiments.Paper;
using OpenNetVM.Benchmarks.Functions;
using OpenNetVM.Core.Chains;
using OpenNetVM.Core.Dataplane;
using OpenNetVM.Core.Management;
using OpenNetVM.Core.Memory;
using OpenNetVM.Core.Ports;
using OpenNetVM.Core.Services;
using OpenNetVM.Dpdk;

namespace OpenNetVM.Benchmarks.Experiments;

/// <summary>Takes one figure of packets that go round between two interfaces: what one receives, the other sends.</summary>
internal static class InterfaceLoad
{
    internal const int FrameLength = 64;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static int _number;

    private static readonly byte[] Frame = GeneratorPort.CreateFrame(new GeneratorPortOptions { Sizes = FrameSizes.Fixed(FrameLength) });

    /// <summary>One thread forwards.</summary>
    /// <param name="settings">How long and where.</param>
    /// <param name="driver">DPDK's name of it.</param>
    /// <param name="arguments">Its arguments, for each of the two devices.</param>
    /// <param name="burst">Packets at a time.</param>
    /// <param name="circulating">Packets that are sent at each interface beforehand.</param>
    /// <param name="throughPort">True by the ports; false by the drivers' burst functions alone.</param>
    internal static LoadFigure Measure(ExperimentSettings settings, string driver, string[] arguments, int burst, int circulating, bool throughPort)
    {
        using PacketPool pool = new();
        using DpdkBursts first = new(NewDevice(driver), arguments[0], pool);
        using DpdkBursts second = new(NewDevice(driver), arguments[1], pool);
        first.Send(Frame, circulating);
        second.Send(Frame, circulating);
        DpdkBursts.Move move = throughPort
            ? size => first.Forward(size, second) + second.Forward(size, first)
            : size => first.RawForward(size, second) + second.RawForward(size, first);
        return DpdkBursts.Measure(settings, move, burst);
    }

    /// <summary>A platform forwards, each packet through one function; its software computes a hash of each, as it does by default where a driver does not.</summary>
    /// <inheritdoc cref="Measure"/>
    /// <exception cref="InvalidOperationException">Packets were dropped, or none came through.</exception>
    internal static async Task<LoadFigure> MeasurePlatformAsync(ExperimentSettings settings, string driver, string[] arguments, int burst, int circulating)
    {
        NfManagerBuilder builder = new() { Options = new NfManagerOptions { Dataplane = new DataplaneOptions { BurstSize = burst } } };
        builder.AddWorker("worker", settings.Core, IdleStrategy.Spin);
        IPort[] ports = [.. arguments.Select(argument => new DpdkPort(new DpdkPortOptions { Device = NewDevice(driver), Arguments = argument }))];
        IPort[] generators = [.. ports.Select((_, i) => new GeneratorPort(new GeneratorPortOptions { Name = $"generator {i}", Sizes = FrameSizes.Fixed(FrameLength), PacketCount = circulating }))];
        PortId[] ids = [.. ports.Concat(generators).Select(port => builder.AddPort(port))];
        ServiceId function = builder.AddService("function", static () => new ReadFirstByte());
        builder.DefaultChain = ServiceChain.Drop;
        for (int i = 0; i < 2; i++)
        {
            builder.SetDefaultChain(ids[i], ServiceChain.Through(function).To(ids[1 - i]));
            builder.SetDefaultChain(ids[2 + i], ServiceChain.Through(function).To(ids[i]));
        }

        await using NfManager manager = builder.Build();
        manager.Start();

        // What goes round has been made: only the two interfaces are polled from here on.
        if (!SpinWait.SpinUntil(() => generators.All(generator => generator.GetStatistics().ReceivedPackets == circulating), Patience))
            throw new InvalidOperationException("The generators did not come to an end.");
        foreach (PortId generator in ids[2..])
            manager.RemovePort(generator);
        Thread.Sleep(settings.WarmUp);
        AllocationWatch allocations = AllocationWatch.Start();
        long start = Stopwatch.GetTimestamp();
        long before = Forwarded();
        double best = double.MaxValue;
        for (int window = 0; window < settings.Windows; window++)
        {
            long packets = Forwarded();
            long begin = Stopwatch.GetTimestamp();
            Thread.Sleep(settings.Window);
            TimeSpan elapsed = Stopwatch.GetElapsedTime(begin);
            packets = Forwarded() - packets;
            best = Math.Min(best, elapsed.TotalNanoseconds / Math.Max(1, packets));
        }

        long all = Forwarded() - before;
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        int collections = allocations.Collections();
        double bytes = (double)allocations.Bytes() / Math.Max(1, all);
        long dropped = manager.GetStatistics().Dropped;
        await manager.StopAsync();
        return all > 0 && dropped == 0
            ? new LoadFigure(best, collections, bytes, seconds)
            : throw new InvalidOperationException($"{all} packets went round, {dropped} were dropped: {manager.GetStatistics().ConservationLine}.");

        long Forwarded() => ports.Sum(static port => port.GetStatistics().TransmittedPackets);
    }

    private static string NewDevice(string driver) => $"{driver}{100 + Interlocked.Increment(ref _number)}";
}
