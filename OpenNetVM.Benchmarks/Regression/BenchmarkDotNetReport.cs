using System.Text.Json;

namespace OpenNetVM.Benchmarks.Regression;

/// <summary>Reads the times out of the reports that BenchmarkDotNet's JSON exporters write.</summary>
internal static class BenchmarkDotNetReport
{
    /// <summary>The median of every benchmark in nanoseconds, by its full name with parameters; those that failed have none.</summary>
    /// <param name="json">A report.</param>
    internal static IReadOnlyDictionary<string, double> Parse(string json)
    {
        OrderedDictionary<string, double> figures = [];
        using JsonDocument report = JsonDocument.Parse(json);
        foreach (JsonElement benchmark in report.RootElement.GetProperty("Benchmarks").EnumerateArray())
        {
            if (benchmark.TryGetProperty("Statistics", out JsonElement statistics) && statistics.ValueKind == JsonValueKind.Object)
                figures.TryAdd(benchmark.GetProperty("FullName").GetString()!, statistics.GetProperty("Median").GetDouble());
        }

        return figures;
    }
}
