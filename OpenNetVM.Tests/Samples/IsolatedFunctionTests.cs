using System.Globalization;
using System.Text.RegularExpressions;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.Samples;

/// <summary>`./build.sh run --isolated`: one network function, run three ways.</summary>
public partial class IsolatedFunctionTests(NativePolicer native)
{
    [Theory]
    [InlineData("threads")]
    [InlineData("process")]
    [InlineData("process", "native")]
    [InlineData("container", "native")]
    [InlineData("container", "native", "--user", "65534")]
    public void Packets_go_through_the_function_wherever_it_runs(string isolation, string form = "dotnet", params string[] more)
    {
        if (isolation == "container")
            Podman.Require();
        string[] program = form == "native" ? ["--program", native.Program] : [];
        using SampleProcess sample = SampleProcess.Start("IsolatedFunction", ["--isolated", isolation, "--packets", "200000", .. program, .. more]);

        Assert.True(sample.WaitForEnd() == 0, string.Join('\n', sample.Lines) + sample.Error);

        int[] processes = ProcessesOf(sample);
        Assert.Equal(isolation == "threads" ? 1 : 3, processes.Distinct().Count());
        Assert.Equal(200_000, sample.Lines.Select(static line => Handled().Match(line)).Where(static match => match.Success)
            .Sum(static match => int.Parse(match.Groups[1].Value, NumberStyles.AllowThousands, CultureInfo.InvariantCulture)));
        Assert.Matches(@"^dropped: (none|[\d,]+ ByFunction)$", sample.Lines[^2]);
        Assert.Matches(@"^received 200,000 \+ created 0 = transmitted [\d,]+ \+ dropped [\d,]+ \+ held 0$", sample.Lines[^1]);
        Assert.Empty(sample.Error);
    }

    [Fact]
    public void The_function_is_published_as_a_native_program_without_a_warning_and_needs_the_C_library_alone()
    {
        Assert.DoesNotContain("warning", native.Output, StringComparison.OrdinalIgnoreCase);
        Assert.Empty(Directory.GetFiles(native.Folder, "*.dll"));
        Assert.Empty(Directory.GetFiles(native.Folder, "*.so"));
        string[] libraries = [.. ChildProcess.Run(native.Folder, "ldd", native.Program).ShouldSucceed().Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(static line => Path.GetFileName(line.Trim().Split(' ')[0]).Split('.')[0])];
        Assert.Contains("libc", libraries);
        Assert.All(libraries, static library => Assert.True(library is "libc" or "libm" || library.StartsWith("ld-linux", StringComparison.Ordinal) || library == "linux-vdso", library));
    }

    [Fact]
    public void Ctrl_C_in_a_terminal_which_reaches_the_function_too_loses_no_packet()
    {
        using SampleProcess sample = SampleProcess.Start("IsolatedFunction", "--isolated", "process", "--seconds", "0");
        sample.ReadUntil("packets/s through");
        foreach (int process in ProcessesOf(sample)[1..])
            Assert.Equal(0, Signals.Send(process, Signals.Interrupt));
        sample.Interrupt();

        Assert.True(sample.WaitForEnd() == 0, string.Join('\n', sample.Lines) + sample.Error);
        Assert.Matches(@"^received [\d,]{2,} \+ created 0 = transmitted [\d,]+ \+ dropped [\d,]+ \+ held 0$", sample.Lines[^1]);
        Assert.Empty(sample.Error);
    }

    [Fact]
    public void A_function_that_is_killed_is_named_and_another_one_started()
    {
        using SampleProcess sample = SampleProcess.Start("IsolatedFunction", "--isolated", "process", "--instances", "1", "--seconds", "0");
        sample.ReadUntil("packets/s through");
        int killed = ProcessesOf(sample)[1];
        Assert.Equal(0, Signals.Send(killed, Signals.Kill));
        sample.ReadUntil("another process", line => line.Contains("through instance", StringComparison.Ordinal) && !line.Contains($"(process {killed})", StringComparison.Ordinal));
        sample.Interrupt();

        Assert.True(sample.WaitForEnd() == 0, string.Join('\n', sample.Lines) + sample.Error);
        Assert.Equal($"instance 1: Process {killed} ended: its connection was closed. Another one is started.\n", sample.Error);
    }

    [Theory]
    [InlineData(1, "--user is for --isolated container.", "--isolated", "process", "--user", "1")]
    [InlineData(1, "'nowhere'", "--isolated", "nowhere")]
    [InlineData(2, "There is no /nonexistent/FlowPolicer.", "--isolated", "process", "--program", "/nonexistent/FlowPolicer")]
    public void A_mistake_ends_with_a_message_that_names_it(int exitCode, string message, params string[] arguments)
    {
        using SampleProcess sample = SampleProcess.Start("IsolatedFunction", arguments);
        Assert.Equal(exitCode, sample.WaitForEnd());
        Assert.Contains(message, sample.Error, StringComparison.Ordinal);
    }

    // Of the manager, and of its instances as it names them first.
    private static int[] ProcessesOf(SampleProcess sample) =>
        [.. Process().Matches(sample.Lines[0]).Select(static match => int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture))];

    [GeneratedRegex(@"process (\d+)")]
    private static partial Regex Process();

    [GeneratedRegex(@": handled ([\d,]+) packets$")]
    private static partial Regex Handled();
}
