using System.Globalization;
using System.Text;

namespace OpenNetVM.Benchmarks.Experiments.Paper;

/// <summary>Writes an experiment's result: NAME.csv with every figure, NAME.md for people, NAME.png and NAME.svg.</summary>
/// <param name="folder">Where to; made if it is not there.</param>
/// <param name="settings">How it was measured.</param>
/// <param name="command">What produces the figures again.</param>
internal sealed class ExperimentWriter(string folder, ExperimentSettings settings, string command)
{
    /// <summary>Writes all four files, over those of an earlier run.</summary>
    internal void Write(ExperimentResult result)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, result.Name + ".csv"), Csv(result));
        File.WriteAllText(Path.Combine(folder, result.Name + ".md"), Markdown(result));
        ExperimentPlot.Write(result, folder);
    }

    private string Csv(ExperimentResult result)
    {
        StringBuilder text = new();
        foreach ((string name, string value) in About(result))
            text.Append(CultureInfo.InvariantCulture, $"# {name}: {value}\n");
        text.Append("series,x,unit,median,min,max,collections,bytes_per_packet\n");
        foreach (ExperimentPoint point in result.Points)
            text.Append(CultureInfo.InvariantCulture, $"\"{point.Series}\",{point.X:0.####},{point.Unit},{point.Value.Median:0.####},{point.Value.Minimum:0.####},{point.Value.Maximum:0.####},{point.Collections},{point.BytesPerPacket:0.####}\n");
        foreach (ReferenceLine line in result.Lines)
        {
            for (int i = 0; i < line.X.Count; i++)
                text.Append(CultureInfo.InvariantCulture, $"\"{line.Name.Replace('"', '\'')}\",{line.X[i]:0.####},{line.Unit},{line.Values[i]:0.####},,,,\n");
        }

        return text.ToString();
    }

    private string Markdown(ExperimentResult result)
    {
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"# {result.Title}\n\n{result.Description}\n\n![{result.Title}]({result.Name}.svg)\n\n");
        foreach ((string name, string value) in About(result))
            text.Append(CultureInfo.InvariantCulture, $"- {name}: {value}\n");
        text.Append('\n');
        if (result.HasTable)
        {
            foreach (string unit in result.Points.Select(static point => point.Unit).Distinct())
                ExperimentTables.Append(text, result.XLabel, unit, result.Points, result.Lines, result.XNames);
            ExperimentTables.AppendCollector(text, result.Points, result.XNames is not null);
        }

        if (result.Events.Count > 0)
        {
            text.Append("| seconds | event |\n|---|---|\n");
            foreach (ExperimentEvent happened in result.Events)
                text.Append(CultureInfo.InvariantCulture, $"| {happened.X:F2} | {happened.Text} |\n");
            text.Append('\n');
        }

        foreach (string note in result.Notes)
            text.Append(CultureInfo.InvariantCulture, $"{note}\n\n");
        text.Append(CultureInfo.InvariantCulture, $"All figures: [{result.Name}.csv]({result.Name}.csv).\n");
        return text.ToString();
    }

    private IEnumerable<(string Name, string Value)> About(ExperimentResult result)
    {
        yield return ("command", $"{command} {result.Name[..2]}{(settings.Quick ? " --quick" : result.HasTable ? $" --rounds {settings.Rounds}" : "")}");
        foreach ((string, string) line in MachineDescription.Describe())
            yield return line;
        string cores = settings.HasTwoCores ? $"core {settings.Core}, and where two are used core {settings.FunctionCore}" : $"core {settings.Core}";
        yield return ("measured", result.HasTable
            ? string.Create(CultureInfo.InvariantCulture, $"{settings.Rounds} rounds, contenders in turn within each; {cores}")
            : $"once; {cores}");
        if (settings.Reference is null)
            yield return ("C", $"not measured: {settings.MissingReference}");
        if (settings.Quick)
            yield return ("note", "a quick run, which shows only that everything works: its figures mean nothing");
    }
}
