using System.Runtime.InteropServices;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.Packaging;

/// <summary>What a user meets first: the packages, in an application outside this checkout.</summary>
public class PackageTests(PackagedApplication application) : IClassFixture<PackagedApplication>
{
    [Theory]
    [InlineData("OpenNetVM.FlowTable")]
    [InlineData("OpenNetVM.Core", "Microsoft.Extensions.Logging.Abstractions", "Microsoft.Extensions.ObjectPool", "OpenNetVM.FlowTable")]
    [InlineData("OpenNetVM.Functions", "OpenNetVM.Core")]
    [InlineData("OpenNetVM.OpenFlow", "Microsoft.Extensions.ObjectPool", "OpenNetVM.Core")]
    [InlineData("OpenNetVM.Testing", "OpenNetVM.Core")]
    public void A_package_depends_on_what_the_architecture_allows_and_on_nothing_else(string library, params string[] allowed) =>
        Assert.Equal(allowed, application.DependenciesOf(library));

    [Fact]
    public void The_readme_program_runs_from_the_packages() => Assert.NotEmpty(RunProgram().Output);

    [Fact]
    public void The_readme_unit_test_passes_from_the_packages() =>
        ChildProcess.Run(application.Folder, ChildProcess.DotNet, "UnitTests/built/UnitTests.dll").ShouldSucceed();

    [Fact]
    public void The_readme_program_is_published_as_a_native_binary_without_a_warning_and_prints_the_same()
    {
        InstalledPrograms.RequireLinker();

        // Warnings are errors, so this is also the proof that nothing here needs what trimming removes.
        ChildProcess.Run(application.Folder, ChildProcess.DotNet,
            "publish", "Program", "-c", "Release", "-r", RuntimeInformation.RuntimeIdentifier, "-p:PublishAot=true", "-o", "native").ShouldSucceed();
        ChildProcess native = ChildProcess.Run(application.Folder, Path.Combine(application.Folder, "native", "Program")).ShouldSucceed();
        Assert.Equal(RunProgram().Output, native.Output);
        Assert.Empty(Directory.GetFiles(Path.Combine(application.Folder, "native"), "*.dll"));
    }

    private ChildProcess RunProgram() => ChildProcess.Run(application.Folder, ChildProcess.DotNet, "Program/built/Program.dll").ShouldSucceed();
}
