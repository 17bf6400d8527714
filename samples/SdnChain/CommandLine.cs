using System.CommandLine;
using OpenNetVM.OpenFlow.Channel;

namespace OpenNetVM.Samples.Sdn;

/// <summary>The options of the program.</summary>
internal static class CommandLine
{
    private static readonly Option<OpenFlowEndpoint[]> Endpoints = new("--sdn")
    {
        Description = "Controllers to connect to and addresses to listen on [default: tcp:127.0.0.1:6653 ptcp:6654]",
        HelpName = "tcp:HOST:PORT|ptcp:PORT",
        Arity = ArgumentArity.ZeroOrMore,
        AllowMultipleArgumentsPerToken = true,
        CustomParser = static result =>
        {
            List<OpenFlowEndpoint> endpoints = [];
            foreach (System.CommandLine.Parsing.Token token in result.Tokens)
            {
                if (OpenFlowEndpoint.TryParse(token.Value, null, out OpenFlowEndpoint? endpoint))
                    endpoints.Add(endpoint);
                else
                    result.AddError($"\"{token.Value}\" is not an endpoint such as tcp:127.0.0.1:6653 or ptcp:6654.");
            }

            return [.. endpoints];
        },
    };

    private static readonly Option<int?> Replicas = new("--replicas") { Description = "Instances of the IDS, which share the flows [default: 2]", HelpName = "n" };
    private static readonly Option<int?> Flows = new("--flows") { Description = "Flows that are generated [default: 1,000]", HelpName = "n" };
    private static readonly Option<double?> Rate = new("--rate") { Description = "Packets a second [default: 20,000]", HelpName = "n" };
    private static readonly Option<long?> Packets = new("--packets") { Description = "Generate so many packets, then stop", HelpName = "n" };
    private static readonly Option<double?> Seconds = new("--seconds") { Description = "Stop after this time, 0 for none [default: 10, with --packets 0]", HelpName = "s" };

    /// <summary>Makes the command; <paramref name="run"/> gets what was asked for and returns the exit code. Mistakes end with a message and exit code 1.</summary>
    public static RootCommand Create(Func<Options, Task<int>> run)
    {
        RootCommand command = new("Generated flows whose service chain an OpenFlow controller decides on: through an IDS, which sends suspicious ones to a scrubber by itself.")
        {
            Endpoints, Replicas, Flows, Rate, Packets, Seconds,
        };
        command.Validators.Add(static result =>
        {
            if (result.Errors.Any())
                return;
            if (result.GetValue(Replicas) is < 1 or > 16)
                result.AddError("--replicas must be 1 to 16.");
            if (result.GetValue(Flows) is < 1 or > 1_000_000)
                result.AddError("--flows must be 1 to 1,000,000.");
            if (result.GetValue(Rate) is <= 0 or > 1e9)
                result.AddError("--rate must be more than 0 and at most 1,000,000,000.");
            if (result.GetValue(Packets) < 1)
                result.AddError("--packets must be 1 or more.");
            if (result.GetValue(Seconds) is < 0 or > 1e6)
                result.AddError("--seconds must be 0 to 1,000,000.");
        });
        command.SetAction((result, _) => run(Read(result)));
        return command;
    }

    private static Options Read(ParseResult result)
    {
        OpenFlowEndpoint[] endpoints = result.GetValue(Endpoints) ?? [];
        long? packets = result.GetValue(Packets);
        return new Options(
            endpoints.Length > 0 ? endpoints : [OpenFlowEndpoint.Parse("tcp:127.0.0.1:6653"), OpenFlowEndpoint.Parse("ptcp:6654")],
            result.GetValue(Replicas) ?? 2,
            result.GetValue(Flows) ?? 1000,
            result.GetValue(Rate) ?? 20_000,
            packets,
            result.GetValue(Seconds) ?? (packets is null ? 10 : 0));
    }
}
