using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using OpenNetVM.Benchmarks.Functions;
using OpenNetVM.Core.Dataplane;
using OpenNetVM.Core.NetworkFunctions;
using OpenNetVM.Core.Ports;
using OpenNetVM.Core.Services;

namespace OpenNetVM.Benchmarks.Processes;

/// <summary>Single figures of functions in other processes, each beside the same of a thread. The manager's worker has one core, the function the other.</summary>
/// <param name="programs">The functions as programs.</param>
/// <param name="cores">The worker's core and the function's.</param>
internal sealed class ProcessFigures(NfPrograms programs, (int Worker, int Function) cores)
{
    private const int RoundTrips = 500;
    private const int Requests = 2_000;

    // Packets come this often while an instance is started: what the figure is rounded up to.
    private static readonly TimeSpan PacketGap = TimeSpan.FromMicroseconds(10);

    // Long enough for a function that waits to have fallen asleep.
    private static readonly TimeSpan SleepGap = TimeSpan.FromMicroseconds(500);

    /// <summary>How long it takes from asking for an instance until it is ready, and until the first packet has come back from it.</summary>
    /// <param name="form">In what form; null for a thread of this process.</param>
    internal async Task<(double ReadyMilliseconds, double FirstPacketMilliseconds)> StartAsync(NfForm? form)
    {
        ProbePort port = new(PacketGap);
        await using NfSite site = new(
            port, cores, IdleStrategy.Spin, static () => new ReadFirstByte(), IdleStrategy.Wait(), form is { } isolated ? programs.Launch(isolated, nameof(ReadFirstByte), NfIdle.Wait, cores.Function) : null, instances: 0);
        site.Start();
        port.IsOpen = true;
        Thread.Sleep(20);
        long begin = Stopwatch.GetTimestamp();
        await site.StartInstanceAsync();
        double ready = Stopwatch.GetElapsedTime(begin).TotalMilliseconds;
        NfSite.Until(() => port.FirstBack != 0, "the first packet of a new instance");
        return (ready, Stopwatch.GetElapsedTime(begin, port.FirstBack).TotalMilliseconds);
    }

    /// <summary>Microseconds from handing a packet in until it has come back from the function, which has been idle since the one before; each round trip.</summary>
    /// <param name="form">In what form; null for a thread of this process.</param>
    /// <param name="idle">What the function does without work: a name of <see cref="NfIdle"/>.</param>
    internal async Task<double[]> RoundTripsAsync(NfForm? form, string idle)
    {
        ProbePort port = new(SleepGap);
        await using NfSite site = new(
            port, cores, IdleStrategy.Spin, static () => new ReadFirstByte(), NfIdle.Of(idle), form is { } isolated ? programs.Launch(isolated, nameof(ReadFirstByte), idle, cores.Function) : null, instances: 1);
        site.Start();
        port.IsOpen = true;
        Thread.Sleep(100);
        port.Record(RoundTrips);
        NfSite.Until(() => port.Recorded == RoundTrips, "round trips of packets");
        return port.Microseconds;
    }

    /// <summary>Share of a core that each of many idle functions in processes uses, and their manager's.</summary>
    /// <param name="processes">How many.</param>
    /// <param name="span">For how long they are watched.</param>
    internal async Task<(double[] Shares, double Manager)> IdleAsync(int processes, TimeSpan span)
    {
        // A port that says when something comes: the manager's worker needs not look.
        LoopbackPort port = new("idle");
        await using NfSite site = new(
            port, cores, IdleStrategy.Wait(), static () => new ReadFirstByte(), IdleStrategy.Wait(), programs.Launch(NfForm.Native, nameof(ReadFirstByte), NfIdle.Wait), processes);
        site.Start();
        Thread.Sleep(500);
        int[] ids = [.. site.Manager.GetStatistics().Instances.Select(static instance => instance.ProcessId!.Value)];
        long begin = Stopwatch.GetTimestamp();
        long[] before = [.. ids.Select(CpuNanoseconds)];
        long managerBefore = CpuNanoseconds(Environment.ProcessId);
        Thread.Sleep(span);
        long[] after = [.. ids.Select(CpuNanoseconds)];
        long managerAfter = CpuNanoseconds(Environment.ProcessId);
        double elapsed = Stopwatch.GetElapsedTime(begin).TotalNanoseconds;
        return ([.. before.Zip(after, (first, last) => (last - first) / elapsed)], (managerAfter - managerBefore) / elapsed);
    }

    /// <summary>Microseconds that a function waits for the answer when it sets the chain of a flow; each request.</summary>
    /// <param name="form">In what form; null for a thread of this process.</param>
    internal async Task<double[]> RequestsAsync(NfForm? form)
    {
        ProbePort port = new(PacketGap);
        Collector collector = new();
        await using NfSite site = new(
            port, cores, IdleStrategy.Wait(), static () => new RequestingFunction(), IdleStrategy.Wait(), form is { } isolated ? programs.Launch(isolated, nameof(RequestingFunction), NfIdle.Wait, cores.Function) : null, instances: 1);
        ServiceId collecting = site.Builder.AddService("collector", () => collector);
        site.Start();
        byte[] order = new byte[6];
        BinaryPrimitives.WriteInt32LittleEndian(order, Requests);
        BinaryPrimitives.WriteUInt16LittleEndian(order.AsSpan(4), collecting.Value);

        // The first time compiles, and makes the rules that the second sets again.
        for (int pass = 0; pass < 2; pass++)
        {
            collector.Ticks = null;
            site.Manager.Post(site.Service, RequestingFunction.Go, order);
            NfSite.Until(() => collector.Ticks is not null, "the report of a function that sets chains");
        }

        return [.. collector.Ticks!.Select(static ticks => ticks * 1e6 / Stopwatch.Frequency)];
    }

    // Of all threads: the process's own file has the first one's alone.
    private static long CpuNanoseconds(int process)
    {
        long sum = 0;
        foreach (string task in Directory.GetDirectories($"/proc/{process}/task"))
        {
            try
            {
                sum += long.Parse(File.ReadAllText(Path.Combine(task, "schedstat")).Split(' ')[0], CultureInfo.InvariantCulture);
            }
            catch (IOException)
            {
                // The thread has ended since.
            }
        }

        return sum;
    }

    private sealed class Collector : NetworkFunction
    {
        private volatile long[]? _ticks;

        internal long[]? Ticks
        {
            get => _ticks;
            set => _ticks = value;
        }

        protected override void OnMessage(in NfMessage message)
        {
            if (message.Kind == RequestingFunction.Report)
                _ticks = MemoryMarshal.Cast<byte, long>(message.Body.Span).ToArray();
        }
    }
}
