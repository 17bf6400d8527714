using ScottPlot;
using ScottPlot.Plottables;

namespace OpenNetVM.Benchmarks.Experiments.Paper;

/// <summary>The picture of an experiment. Needs no display and no font settings; without any font installed its text is missing.</summary>
internal static class ExperimentPlot
{
    private const int Width = 900;
    private const int Height = 640;

    /// <summary>True where there is a font to write with.</summary>
    internal static bool HasFonts => SkiaSharp.SKFontManager.Default.FontFamilyCount > 0;

    /// <summary>Writes both forms of the picture, NAME.png and NAME.svg.</summary>
    internal static void Write(ExperimentResult result, string folder)
    {
        using Plot plot = Draw(result);
        plot.SavePng(Path.Combine(folder, result.Name + ".png"), Width, Height);
        plot.SaveSvg(Path.Combine(folder, result.Name + ".svg"), Width, Height);
    }

    private static Plot Draw(ExperimentResult result)
    {
        Plot plot = new();
        foreach (IGrouping<string, ExperimentPoint> series in result.Points.Where(point => point.Unit == result.PlotUnit).GroupBy(static point => point.Series))
        {
            ExperimentPoint[] points = [.. series];
            double[] x = [.. points.Select(static point => point.X)];
            double[] y = [.. points.Select(point => Scale(result, point.Value.Median))];
            Scatter line = plot.Add.Scatter(x, y);
            line.LegendText = series.Key;
            line.LineWidth = 2;
            line.MarkerSize = result.HasTable ? 6 : 0;
            if (!result.HasTable)
                continue;
            plot.Add.Plottable(new ErrorBar(x, y, null, null, null, null)
            {
                YErrorNegative = points.Zip(y, (point, median) => median - Scale(result, point.Value.Minimum)).ToArray(),
                YErrorPositive = points.Zip(y, (point, median) => Scale(result, point.Value.Maximum) - median).ToArray(),
                Color = line.Color,
            });
        }

        foreach (ReferenceLine reference in result.Lines.Where(line => line.Unit == result.PlotUnit))
        {
            Scatter line = plot.Add.Scatter(reference.X.ToArray(), reference.Values.Select(value => Scale(result, value)).ToArray());
            line.LegendText = reference.Name;
            line.LinePattern = LinePattern.Dashed;
            line.MarkerShape = MarkerShape.OpenCircle;
        }

        Label(plot, result);
        return plot;
    }

    private static void Label(Plot plot, ExperimentResult result)
    {
        plot.Title(result.Title);
        plot.XLabel(result.XLabel);
        plot.YLabel(result.PlotUnit);
        if (result.XNames is { } names)
            plot.Axes.Bottom.SetTicks([.. names.Select(static (_, i) => (double)i)], [.. names]);
        if (result.Logarithmic)
        {
            double[] powers = [.. Enumerable.Range(0, 10).Select(static power => (double)power)];
            plot.Axes.Left.SetTicks(powers, [.. powers.Select(static power => Math.Pow(10, power).ToString("N0", System.Globalization.CultureInfo.InvariantCulture))]);
        }

        plot.Axes.AutoScale();
        if (!result.Logarithmic)
            plot.Axes.SetLimitsY(0, plot.Axes.GetLimits().Top);
        for (int i = 0; i < result.Events.Count; i++)
        {
            VerticalLine mark = plot.Add.VerticalLine(result.Events[i].X);
            mark.LinePattern = LinePattern.Dotted;
            mark.LineColor = Colors.Gray;
            Text text = plot.Add.Text($" {result.Events[i].Text}", result.Events[i].X, plot.Axes.GetLimits().Top * (0.99 - (0.05 * i)));
            text.LabelFontSize = 11;
        }

        plot.Legend.FontSize = 10;
        plot.ShowLegend(Edge.Bottom);
    }

    // A plot of logarithms with its own ticks: the library has no logarithmic axis.
    private static double Scale(ExperimentResult result, double value) => result.Logarithmic ? Math.Log10(Math.Max(1, value)) : value;
}
