using System.Reflection;
using OpenNetVM.FlowTable;

namespace OpenNetVM.Tests.Architecture;

/// <summary>FlowTable, then Core, then everything else: no arrow runs back up.</summary>
public class DependencyTests
{
    /// <summary>What each library may reference beside the framework. A library that is not listed fails the test that finds it.</summary>
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["OpenNetVM.FlowTable"] = [],
        ["OpenNetVM.Core"] = ["OpenNetVM.FlowTable", "Microsoft.Extensions.Logging.Abstractions", "Microsoft.Extensions.ObjectPool"],
        ["OpenNetVM.Dpdk"] = ["OpenNetVM.FlowTable", "OpenNetVM.Core", "Microsoft.Extensions.Logging.Abstractions"],
        ["OpenNetVM.OpenFlow"] = ["OpenNetVM.FlowTable", "OpenNetVM.Core", "Microsoft.Extensions.Logging.Abstractions", "Microsoft.Extensions.ObjectPool"],
        ["OpenNetVM.Functions"] = ["OpenNetVM.FlowTable", "OpenNetVM.Core", "Microsoft.Extensions.Logging.Abstractions"],
        ["OpenNetVM.Testing"] = ["OpenNetVM.FlowTable", "OpenNetVM.Core", "Microsoft.Extensions.Logging.Abstractions"],
    };

    private static readonly string[] NotALibrary = ["OpenNetVM.Tests", "OpenNetVM.Benchmarks", "OpenNetVM.Benchmarks.Functions"];

    public static TheoryData<string> Libraries => [.. Directory.GetFiles(AppContext.BaseDirectory, "OpenNetVM.*.dll")
        .Select(file => Path.GetFileNameWithoutExtension(file)!)
        .Where(name => !NotALibrary.Contains(name))];

    [Theory]
    [MemberData(nameof(Libraries))]
    public void A_library_references_only_what_stands_below_it(string library)
    {
        Assert.True(Allowed.TryGetValue(library, out string[]? allowed), $"{library} is new: say in this test what it may depend on.");
        string framework = Path.GetDirectoryName(typeof(object).Assembly.Location)!;
        Assert.All(Assembly.Load(library).GetReferencedAssemblies(), reference => Assert.True(
            allowed.Contains(reference.Name) || File.Exists(Path.Combine(framework, reference.Name + ".dll")),
            $"{library} references {reference.Name}, which is neither part of the framework nor allowed to it."));
    }

    [Theory]
    [MemberData(nameof(Libraries))]
    public void A_library_does_not_reference_the_console(string library) =>
        Assert.DoesNotContain(Assembly.Load(library).GetReferencedAssemblies(), reference => reference.Name == "System.Console");

    [Fact]
    public void The_libraries_are_found()
    {
        // Guards the theories above: without it, a change of where binaries lie would leave them with nothing to check.
        Assert.Contains(Libraries, row => row.Data == typeof(Ipv4FlowKey).Assembly.GetName().Name);
        Assert.Contains(Libraries, row => row.Data == "OpenNetVM.Core");
    }
}
