using System.Globalization;
using OpenNetVM.Benchmarks.Functions;
using OpenNetVM.Core.NetworkFunctions;
using OpenNetVM.Core.Processes;

// A network function of the benchmarks in a process of its own, as their manager starts it: FUNCTION IDLE [CORE].
if (args is not [string name, string idle, .. string[] rest] || rest.Length > 1)
{
    Console.Error.WriteLine("This program is started by ./build.sh bench processes and ./build.sh experiments.");
    return 2;
}

NetworkFunction function = name switch
{
    nameof(InspectingFunction) => new InspectingFunction(),
    nameof(ReadFirstByte) => new ReadFirstByte(),
    nameof(RequestingFunction) => new RequestingFunction(),
    nameof(SigningFunction) => new SigningFunction(),
    _ => throw new ArgumentException($"There is no function '{name}'."),
};
NfProcessOptions options = NfProcessOptions.FromEnvironment() with
{
    Idle = NfIdle.Of(idle),
    Core = rest.Length == 0 ? null : int.Parse(rest[0], CultureInfo.InvariantCulture),
};
return NfProcess.Run(function, options) == NfProcessExit.Stopped ? 0 : 1;
