using OpenNetVM.Core.Diagnostics;
using OpenNetVM.Core.Ports;
using OpenNetVM.FlowTable;
using OpenNetVM.Samples.Functions;

namespace OpenNetVM.Samples;

/// <summary>What is printed at the end.</summary>
internal static class Report
{
    private const int LargestFlows = 3;

    /// <summary>Frames that never became packets: no buffer, too long, or damaged.</summary>
    public static long Lost(PortStatistics port) => port.DroppedNoBuffer + port.DroppedOversize + port.DroppedError;

    /// <summary>Prints the whole report.</summary>
    /// <param name="statistics">The counters when everything had stopped.</param>
    /// <param name="running">The counters just before, when the instances were still there.</param>
    /// <param name="elapsed">How long packets moved.</param>
    /// <param name="source">Where they came from.</param>
    /// <param name="monitored">What the monitor saw.</param>
    /// <param name="options">What was asked for.</param>
    public static void Print(PlatformStatistics statistics, PlatformStatistics running, TimeSpan elapsed, IPort source, MonitorReport monitored, Options options)
    {
        Rates rates = new(statistics, null, elapsed);
        PortReport entry = statistics.Ports[0];
        PortReport exit = statistics.Ports[1];
        Console.WriteLine($"ran {Figures.Seconds(elapsed)} on {Figures.Count(options.Workers, "worker")}");
        Console.WriteLine($"source: {Figures.Count(entry.Statistics.ReceivedPackets, "packet")}, {Figures.Count(entry.Statistics.ReceivedBytes, "byte")}; {Figures.PacketRate(rates.Received(entry))} packets/s, {Figures.BitRate(rates.ReceivedBits(entry))} Gbit/s");
        Console.WriteLine($"sink: {Figures.Count(exit.Statistics.TransmittedPackets, "packet")}, {Figures.Count(exit.Statistics.TransmittedBytes, "byte")}; {Figures.PacketRate(rates.Transmitted(exit))} packets/s, {Figures.BitRate(rates.TransmittedBits(exit))} Gbit/s{(options.Out is { } file ? $"; written to {file}" : "")}");

        foreach (ServiceReport service in running.Services)
        {
            string[] instances = [.. running.Instances.Where(instance => instance.Service == service.Id).Select(static instance => Figures.Count(instance.Handled))];
            Console.WriteLine($"{service.Name}: handled {Figures.Count(service.Handled, "packet")}{(instances.Length > 1 ? $" ({string.Join(" + ", instances)})" : "")}, dropped {Figures.Count(service.Dropped + service.NoInstance)}");
        }

        Console.WriteLine($"dropped: {Figures.Drops(statistics.DroppedByReason)}");
        PrintFlows(monitored);
        PrintLosses(entry.Statistics, source, options);
        Console.WriteLine(statistics.ConservationLine);
    }

    private static void PrintFlows(MonitorReport monitored)
    {
        Console.WriteLine($"flows: {Figures.Count(monitored.Flows)}{(monitored.NotCounted > 0 ? $"; {Figures.Count(monitored.NotCounted, "packet")} of others, for which the monitor's tables have no room" : "")}");
        foreach ((Ipv6FlowKey key, FlowCount count) in monitored.Largest(LargestFlows))
            Console.WriteLine($"  {Name(key)}: {Figures.Count(count.Packets, "packet")}, {Figures.Count(count.Bytes, "byte")}");
    }

    // The monitor keeps IPv4 flows under IPv6 keys.
    private static string Name(Ipv6FlowKey key) => FlowMonitor.TryUnmap(key, out Ipv4FlowKey ipv4) ? ipv4.ToString() : key.ToString();

    // What the file had and the chain never saw. Said as clearly as what came out.
    private static void PrintLosses(PortStatistics port, IPort source, Options options)
    {
        if (port.DroppedOversize > 0)
            Console.WriteLine($"left out: {Figures.Count(port.DroppedOversize, "frame")} longer than the {Figures.Count(options.BufferSize)} bytes of a buffer; raise --buffer-size to have them");
        if (port.DroppedError > 0)
            Console.WriteLine($"left out: {Figures.Count(port.DroppedError, "frame")} damaged, or of a link type that cannot be Ethernet");
        if (port.DroppedNoBuffer > 0)
            Console.WriteLine($"left out: {Figures.Count(port.DroppedNoBuffer, "frame")} for which there was no free buffer");
        if (source is PcapPort { CutFrames: > 0 and long cut })
            Console.WriteLine($"cut: {Figures.Count(cut, "frame")} shorter in the capture than on the wire");
    }
}
