using OpenNetVM.Core.Diagnostics;
using OpenNetVM.Core.Management;

namespace OpenNetVM.Samples;

/// <summary>One line a second, for logs and pipes.</summary>
internal sealed class LineDashboard : Dashboard
{
    protected override TimeSpan Interval => TimeSpan.FromSeconds(1);

    public override Task ShowAsync(NfManager manager, Task finished) => RepeatAsync(manager, finished, static (rates, elapsed) =>
    {
        PortReport source = rates.Now.Ports[0];
        PortReport sink = rates.Now.Ports[1];
        Console.WriteLine(
            $"{Figures.Seconds(elapsed)}: in {Figures.PacketRate(rates.Received(source))} packets/s, {Figures.BitRate(rates.ReceivedBits(source))} Gbit/s; "
            + $"out {Figures.PacketRate(rates.Transmitted(sink))} packets/s, {Figures.BitRate(rates.TransmittedBits(sink))} Gbit/s; dropped: {Figures.Drops(rates.Now.DroppedByReason)}");
    });
}
