using System.CommandLine;

namespace OpenNetVM.Samples.Isolation;

/// <summary>The options of the program.</summary>
internal static class CommandLine
{
    private static readonly Option<Isolation> Where = new("--isolated") { Description = "Where the function runs", HelpName = "threads|process|container" };
    private static readonly Option<int?> Instances = new("--instances") { Description = "Instances of it, which share the flows [default: 2]", HelpName = "n" };
    private static readonly Option<long?> Packets = new("--packets") { Description = "Generate so many packets, then stop", HelpName = "n" };
    private static readonly Option<double?> Seconds = new("--seconds") { Description = "Stop after this time, 0 for none [default: 10, with --packets 0]", HelpName = "s" };
    private static readonly Option<string?> FunctionProgram = new("--program") { Description = "The function's program [default: what ./build.sh run has built; for a container a native binary]", HelpName = "file" };
    private static readonly Option<uint?> User = new("--user") { Description = "User and group (a number) of the container's process [default: 0, without root's capabilities]", HelpName = "id" };

    /// <summary>Makes the command; <paramref name="run"/> gets what was asked for and returns the exit code. Mistakes end with a message and exit code 1.</summary>
    public static RootCommand Create(Func<Options, Task<int>> run)
    {
        RootCommand command = new("Sends generated traffic through a network function that polices flows: on threads of this process, in processes of its own, or in containers.")
        {
            Where, Instances, Packets, Seconds, FunctionProgram, User,
        };
        command.Validators.Add(static result =>
        {
            if (result.Errors.Any())
                return;
            if (result.GetValue(Instances) is < 1 or > 50)
                result.AddError("--instances must be 1 to 50.");
            if (result.GetValue(Packets) < 1)
                result.AddError("--packets must be 1 or more.");
            if (result.GetValue(Seconds) is < 0 or > 1e6)
                result.AddError("--seconds must be 0 to 1,000,000.");
            if (result.GetValue(User) is not null && result.GetValue(Where) != Isolation.Container)
                result.AddError("--user is for --isolated container.");
        });
        command.SetAction((result, _) => run(Read(result)));
        return command;
    }

    private static Options Read(ParseResult result)
    {
        Isolation where = result.GetValue(Where);
        long? packets = result.GetValue(Packets);
        return new Options(
            where,
            result.GetValue(Instances) ?? 2,
            packets,
            result.GetValue(Seconds) ?? (packets is null ? 10 : 0),
            Path.GetFullPath(result.GetValue(FunctionProgram) ?? Built(where)),
            result.GetValue(User));
    }

    // Beside this program, which references it; the native form where build.cake publishes it to.
    private static string Built(Isolation where) =>
        Path.Combine(AppContext.BaseDirectory, where == Isolation.Container ? "native/FlowPolicer" : "FlowPolicer.dll");
}
