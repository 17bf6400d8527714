using System.CommandLine;
using System.CommandLine.Parsing;

namespace OpenNetVM.Samples;

/// <summary>The options of the program, their defaults, and what they may be.</summary>
internal static class CommandLine
{
    // The longest frames that Linux hands to a capture are segments put together by GRO: 64 KB, more with BIG TCP.
    private const int CaptureBuffer = 131_072;
    private const int GeneratorBuffer = 2_048;

    private static readonly Option<string?> In = new("--in") { Description = "Run this capture (pcap or pcapng) through the chain; without it, traffic is generated", HelpName = "file" };
    private static readonly Option<string?> Out = new("--out") { Description = "Write what comes out of the chain to this file (pcapng)", HelpName = "file" };
    private static readonly Option<double?> Seconds = new("--seconds") { Description = "Stop after this time, 0 for none [default: 10 for generated traffic, 0 with --in or --packets]", HelpName = "s" };
    private static readonly Option<long?> Packets = new("--packets") { Description = "Generate so many packets, then stop", HelpName = "n" };
    private static readonly Option<int> Workers = new("--workers") { Description = "Threads that move packets, 1 or 2", DefaultValueFactory = static _ => 1, HelpName = "n" };
    private static readonly Option<ulong> Seed = new("--seed") { Description = "Seed of the generated traffic", DefaultValueFactory = static _ => 1, HelpName = "n" };
    private static readonly Option<int?> BufferSize = new("--buffer-size") { Description = "Bytes of a frame that fit a packet buffer; longer frames are left out and counted [default: 131072 with --in, else 2048]", HelpName = "bytes" };

    /// <summary>Makes the command; <paramref name="run"/> gets what was asked for and returns the exit code. Mistakes end with a message and exit code 1.</summary>
    public static RootCommand Create(Func<Options, Task<int>> run)
    {
        RootCommand command = new("Runs HTTP-like traffic, or a capture, through a service chain: firewall, flow monitor (2 instances), router.")
        {
            In, Out, Seconds, Packets, Workers, Seed, BufferSize,
        };
        Check(Seconds, static seconds => seconds is >= 0 and <= 1e6, "a time from 0 to 1,000,000 seconds");
        Check(Packets, static packets => packets >= 1, "1 packet or more");
        Check(Workers, static workers => workers is 1 or 2, "1 or 2");
        Check(BufferSize, static size => size is >= GeneratorBuffer and <= 1 << 20, "2,048 to 1,048,576 bytes");
        command.Validators.Add(CheckTogether);
        command.SetAction((result, _) => run(Read(result)));
        return command;
    }

    private static Options Read(ParseResult result)
    {
        string? input = result.GetValue(In);
        long? packets = result.GetValue(Packets);
        return new Options
        {
            In = input,
            Out = result.GetValue(Out),
            Seconds = result.GetValue(Seconds) ?? (input is null && packets is null ? 10 : 0),
            Packets = packets,
            Workers = result.GetValue(Workers),
            Seed = result.GetValue(Seed),
            BufferSize = result.GetValue(BufferSize) ?? (input is null ? GeneratorBuffer : CaptureBuffer),
        };
    }

    private static void Check<T>(Option<T> option, Func<T, bool> isAllowed, string expected) => option.Validators.Add(result =>
    {
        // A text that is no number is reported by the parser itself.
        if (!result.Errors.Any() && result.Tokens.Count > 0 && TryRead(result, out T? value) && !isAllowed(value!))
            result.AddError($"{option.Name} is {result.Tokens[0].Value}, but must be {expected}.");
    });

    private static bool TryRead<T>(OptionResult result, out T? value)
    {
        try
        {
            value = result.GetValueOrDefault<T>();
            return true;
        }
        catch (InvalidOperationException)
        {
            value = default;
            return false;
        }
    }

    private static void CheckTogether(CommandResult result)
    {
        if (result.Errors.Any())
            return;
        string? input = result.GetValue(In);
        string? output = result.GetValue(Out);
        if (input is not null && result.GetValue(Packets) is not null)
            result.AddError("--packets says how many packets to generate; with --in none are. Leave one of them out.");
        if (input is null && output is not null && result.GetValue(Packets) is null)
            result.AddError("--out would record generated traffic without end. Say how much with --packets, or name a capture with --in.");
        if (input is not null && output is not null && Path.GetFullPath(input) == Path.GetFullPath(output))
            result.AddError($"--in and --out are both '{input}': writing would destroy what is to be read. Give --out another name.");
    }
}
