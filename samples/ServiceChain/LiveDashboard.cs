using OpenNetVM.Core.Diagnostics;
using OpenNetVM.Core.Management;
using Spectre.Console;

namespace OpenNetVM.Samples;

/// <summary>Tables that are drawn anew twice a second, for terminals.</summary>
internal sealed class LiveDashboard : Dashboard
{
    protected override TimeSpan Interval => TimeSpan.FromMilliseconds(500);

    public override Task ShowAsync(NfManager manager, Task finished) => AnsiConsole
        .Live(new Markup("[grey]starting[/]"))
        .StartAsync(context => RepeatAsync(manager, finished, (rates, elapsed) => context.UpdateTarget(Draw(rates, elapsed))));

    private static Rows Draw(Rates rates, TimeSpan elapsed) => new(
        new Markup($"[bold]source -> firewall -> monitor -> router -> sink[/]  {Figures.Seconds(elapsed)}, Ctrl-C stops"),
        Ports(rates),
        Services(rates),
        new Markup($"dropped: {Figures.Drops(rates.Now.DroppedByReason)}; under way: {Figures.Count(rates.Now.Held)}"));

    private static Table Ports(Rates rates)
    {
        Table table = NewTable("port", "in packets/s", "in Gbit/s", "out packets/s", "out Gbit/s", "lost", "waiting");
        foreach (PortReport port in rates.Now.Ports)
        {
            table.AddRow(
                Cell(port.Name),
                Cell(Figures.PacketRate(rates.Received(port))),
                Cell(Figures.BitRate(rates.ReceivedBits(port))),
                Cell(Figures.PacketRate(rates.Transmitted(port))),
                Cell(Figures.BitRate(rates.TransmittedBits(port))),
                Cell(Figures.Count(Report.Lost(port.Statistics) + port.Refused)),
                Cell(Figures.Count(port.Waiting)));
        }

        return table;
    }

    private static Table Services(Rates rates)
    {
        Table table = NewTable("service", "packets/s", "packets", "dropped", "rx ring", "tx ring", "state", "worker");
        foreach (ServiceReport service in rates.Now.Services)
        {
            table.AddRow(
                Cell(service.Name),
                Cell(Figures.PacketRate(rates.Handled(service))),
                Cell(Figures.Count(service.Handled)),
                Cell(Figures.Count(service.Dropped + service.NoInstance)),
                Cell(""),
                Cell(""),
                Cell($"{service.ActiveInstances} running"),
                Cell(""));
            foreach (InstanceReport instance in rates.Now.Instances.Where(instance => instance.Service == service.Id))
            {
                table.AddRow(
                    Cell($"  instance {instance.Id.Value}"),
                    Cell(Figures.PacketRate(rates.Handled(instance))),
                    Cell(Figures.Count(instance.Handled)),
                    Cell(Figures.Count(instance.Dropped.Values.Sum())),
                    Cell($"{instance.ReceiveDepth}/{instance.RingCapacity}"),
                    Cell($"{instance.TransmitDepth}/{instance.RingCapacity}"),
                    Cell(instance.State.ToString()),
                    Cell(instance.Worker));
            }
        }

        return table;
    }

    private static Table NewTable(string first, params string[] others)
    {
        Table table = new() { Border = TableBorder.Simple };
        table.AddColumn(first);
        foreach (string title in others)
            table.AddColumn(new TableColumn(title).RightAligned().NoWrap());
        return table;
    }

    // Not strings: what stands in brackets would be taken for markup.
    private static Text Cell(string text) => new(text);
}
