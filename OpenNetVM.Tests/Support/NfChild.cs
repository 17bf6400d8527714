using System.Diagnostics;
using OpenNetVM.Core.NetworkFunctions;
using OpenNetVM.Core.Processes;

namespace OpenNetVM.Tests.Support;

/// <summary>A network function of these tests in a process of its own: this program, started again to be one.</summary>
internal static class NfChild
{
    private const string Switch = "--nf";
    private static readonly CancellationTokenSource Leaves = new();

    /// <summary>How the manager starts one.</summary>
    /// <typeparam name="TFunction">The function; it has a constructor without parameters.</typeparam>
    /// <param name="configure">What its process does with the options that it finds in its environment, by the name of a static method of <typeparamref name="TFunction"/>; none for nothing.</param>
    public static Func<NfLaunch, ProcessStartInfo> Launch<TFunction>(string? configure = null)
        where TFunction : NetworkFunction, new() => launch => launch.Apply(Program<TFunction>(configure));

    /// <summary>The program, without what tells it where its manager is.</summary>
    public static ProcessStartInfo Program<TFunction>(string? configure = null)
        where TFunction : NetworkFunction, new()
    {
        ProcessStartInfo start = new(ChildProcess.DotNet, [typeof(NfChild).Assembly.Location, Switch, typeof(TFunction).FullName!, configure ?? string.Empty])
        {
            // What it prints when it dies on purpose is no output of the tests, and their output is not its to hold open.
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        // Many of them share two cores: what would be compiled again in the background is not worth it.
        start.Environment["DOTNET_TieredCompilation"] = "1";
        start.Environment["DOTNET_GCHeapHardLimit"] = "0x8000000";
        return start;
    }

    public static bool IsAskedFor(string[] arguments) => arguments is [Switch, _, _];

    public static int RunAsChild(string[] arguments)
    {
        Type type = typeof(NfChild).Assembly.GetType(arguments[1], throwOnError: true)!;
        NfProcessOptions options = NfProcessOptions.FromEnvironment();
        if (arguments[2].Length > 0)
            options = (NfProcessOptions)type.GetMethod(arguments[2])!.Invoke(null, [options])!;
        return (int)NfProcess.Run((NetworkFunction)Activator.CreateInstance(type)!, options, Leaves.Token);
    }

    /// <summary>In the child: makes it leave its manager.</summary>
    public static void Leave() => Leaves.Cancel();
}
