using System.Reflection;
using System.Text.RegularExpressions;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.Documentation;

/// <summary>A page that names a test as its evidence names one that there is.</summary>
public partial class NamedTestsTests
{
    [Fact]
    public void Every_test_that_the_documentation_names_exists()
    {
        Dictionary<string, Type> classes = typeof(NamedTestsTests).Assembly.GetTypes()
            .Where(static type => type.Name.EndsWith("Tests", StringComparison.Ordinal))
            .ToDictionary(static type => type.Name);
        Match[] named = [.. Directory.GetFiles(Path.Combine(RepositoryFiles.Root, "docs"), "*.md", SearchOption.AllDirectories)
            .SelectMany(static page => TestName().Matches(File.ReadAllText(page)))];

        Assert.NotEmpty(named);
        Assert.All(named, name => Assert.True(
            classes.TryGetValue(name.Groups[1].Value, out Type? type)
                && type.GetMethod(name.Groups[2].Value, BindingFlags.Public | BindingFlags.Instance) is { } method
                && method.GetCustomAttribute<FactAttribute>() is not null,
            $"{name.Value} is no test"));
    }

    [GeneratedRegex(@"`(\w+Tests)\.(\w+)`")]
    private static partial Regex TestName();
}
