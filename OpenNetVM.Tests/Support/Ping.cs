using System.Globalization;
using System.Text.RegularExpressions;

namespace OpenNetVM.Tests.Support;

/// <summary>What <c>ping</c> saw.</summary>
/// <param name="Sent">Echo requests sent.</param>
/// <param name="Received">Echo replies received, each once.</param>
/// <param name="Output">All that it printed.</param>
internal sealed partial record Ping(int Sent, int Received, string Output)
{
    /// <summary>Sends echo requests from a namespace, and waits for the last reply.</summary>
    /// <param name="from">Where it is sent from.</param>
    /// <param name="address">Whom to ask.</param>
    /// <param name="count">How many times.</param>
    /// <param name="size">Bytes of data in each.</param>
    /// <param name="ttl">Time to live.</param>
    /// <param name="wait">Seconds to wait for a reply that does not come.</param>
    public static Ping Run(NetworkNamespace from, string address, int count = 10, int size = 56, int ttl = 64, int wait = 10)
    {
        ChildProcess ping = from.Run("ping", "-n", "-4", "-M", "do", "-i", "0.02", "-W", Text(wait), "-c", Text(count), "-s", Text(size), "-t", Text(ttl), address);
        Match summary = Summary().Match(ping.Output);
        Assert.True(summary.Success, $"{ping.CommandLine}\nended with code {ping.ExitCode} and without a summary:\n{ping.Output}{ping.Error}");
        return new Ping(Number(summary, "sent"), Number(summary, "received"), ping.Output);
    }

    /// <summary>Asserts that every request was answered, once.</summary>
    public Ping ShouldBeAnswered()
    {
        Assert.True(Received == Sent && !Output.Contains("DUP!", StringComparison.Ordinal), Output);
        return this;
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static int Number(Match match, string group) => int.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"(?<sent>\d+) packets transmitted, (?<received>\d+) received")]
    private static partial Regex Summary();
}
