using System.CommandLine;
using System.CommandLine.Invocation;
using OpenNetVM.Samples.Sdn;

ParseResult asked = CommandLine.Create(SdnRun.RunAsync).Parse(args);
if (asked.Action is ParseErrorAction mistake)
    mistake.ShowHelp = false;

// Ctrl-C and SIGTERM are the run's own business: it stops without losing a packet and prints its totals.
return await asked.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
