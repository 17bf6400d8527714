using System.CommandLine;
using System.CommandLine.Invocation;
using OpenNetVM.Samples;

ParseResult asked = CommandLine.Create(ForwarderRun.RunAsync).Parse(args);
if (asked.Action is ParseErrorAction mistake)
    mistake.ShowHelp = false;

// Ctrl-C and SIGTERM are the run's own business: it stops without losing a packet and prints its report.
return await asked.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
