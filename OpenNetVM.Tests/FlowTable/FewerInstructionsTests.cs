using System.Xml.Linq;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.FlowTable;

/// <summary>The tests of this folder once more, in a process that must do without some of this processor's vector instructions.</summary>
public sealed class FewerInstructionsTests : IDisposable
{
    private readonly string _results = Directory.CreateTempSubdirectory("opennetvm-tests-").FullName;

    public void Dispose() => Directory.Delete(_results, recursive: true);

    [Theory]
    [InlineData("DOTNET_EnableHWIntrinsic")]
    [InlineData("DOTNET_EnableAVX512", "DOTNET_EnableGFNI")]
    [InlineData("DOTNET_EnableAVX512")]
    public void Everything_holds_without_the_instructions_that_are_turned_off(params string[] turnedOff)
    {
        ChildProcess.Run(
            turnedOff.Select(name => KeyValuePair.Create(name, "0")),
            RepositoryFiles.Root, ChildProcess.DotNet, typeof(FewerInstructionsTests).Assembly.Location,
            "--filter-namespace", typeof(FewerInstructionsTests).Namespace!,
            "--filter-not-class", typeof(FewerInstructionsTests).FullName!,
            "--report-trx", "--results-directory", _results)
            .ShouldSucceed();

        XElement[] tests = [.. Directory.GetFiles(_results, "*.trx").SelectMany(file => XDocument.Load(file).Descendants()).Where(element => element.Name.LocalName == "UnitTestResult")];
        string[] passed = [.. tests.Where(test => (string?)test.Attribute("outcome") == "Passed").Select(test => (string)test.Attribute("testName")!)];

        // That test asserts that what was turned off is off.
        Assert.Contains(passed, name => name.Contains(nameof(InstructionSetTests), StringComparison.Ordinal));
        Assert.Contains(passed, name => name.Contains(nameof(ToeplitzHashTests), StringComparison.Ordinal));
        Assert.Contains(passed, name => name.Contains(nameof(CuckooFlowTableTests), StringComparison.Ordinal));
    }
}
