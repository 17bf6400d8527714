using System.Text.RegularExpressions;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.Documentation;

/// <summary>Where the README sends a newcomer to read.</summary>
public partial class ReadingPathTests
{
    private static readonly string[] Stations =
    [
        "OpenNetVM.Core/NetworkFunctions/NetworkFunction.cs",
        "OpenNetVM.Core/Chains/ChainExecutor.cs",
        "OpenNetVM.Core/Rings/SpscRing.cs",
        "OpenNetVM.FlowTable/CuckooFlowTable.Lookup.cs",
        "samples/ServiceChain",
    ];

    [Fact]
    public void The_readme_names_every_station_in_order_and_each_exists()
    {
        string readme = File.ReadAllText(Path.Combine(RepositoryFiles.Root, "README.md"));
        string[] linked = [.. Link().Matches(readme).Select(static link => link.Groups[1].Value)];
        Assert.Equal(Stations, linked.Where(Stations.Contains));
        Assert.All(Stations, static station => Assert.True(Path.Exists(Path.Combine(RepositoryFiles.Root, station)), station));
    }

    [Fact]
    public void The_readme_begins_with_the_two_commands()
    {
        string[] lines = [.. File.ReadLines(Path.Combine(RepositoryFiles.Root, "README.md")).Take(12)];
        Assert.Contains(lines, static line => line.StartsWith("./build.sh run", StringComparison.Ordinal));
        Assert.Contains(lines, static line => line.StartsWith("./build.sh test", StringComparison.Ordinal));
    }

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();
}
