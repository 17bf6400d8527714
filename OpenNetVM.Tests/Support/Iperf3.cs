using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace OpenNetVM.Tests.Support;

/// <summary>A transfer made by <c>iperf3</c> between two namespaces.</summary>
/// <param name="Sent">Bytes sent.</param>
/// <param name="Received">Bytes received at the other end.</param>
/// <param name="Seconds">How long it took.</param>
/// <param name="Retransmissions">TCP segments that had to be sent again; 0 for UDP.</param>
internal sealed record Iperf3(long Sent, long Received, double Seconds, long Retransmissions)
{
    /// <summary>What was received, in bits per second.</summary>
    public double BitsPerSecond => Received * 8 / Seconds;

    /// <summary>Sends a number of bytes over TCP.</summary>
    public static Iperf3 Tcp(NetworkNamespace from, NetworkNamespace to, string address, long bytes) => Run(from, to, address, ["-n", Text(bytes)]);

    /// <summary>Sends a number of bytes over UDP at a rate, in datagrams of 1,400 bytes.</summary>
    public static Iperf3 Udp(NetworkNamespace from, NetworkNamespace to, string address, long bytes, long bitsPerSecond) =>
        Run(from, to, address, ["-u", "-l", "1400", "-b", Text(bitsPerSecond), "-n", Text(bytes)]);

    private static Iperf3 Run(NetworkNamespace from, NetworkNamespace to, string address, ReadOnlySpan<string> arguments)
    {
        Process server = to.Start("iperf3", "--server", "--one-off", "--forceflush", "--bind", address);
        string? line;
        do
            line = server.StandardOutput.ReadLine();
        while (line is not null && !line.StartsWith("Server listening", StringComparison.Ordinal));
        Assert.True(line is not null, "iperf3 --server ended at once");

        ChildProcess client = from.Run("iperf3", ["--client", address, "--json", "--connect-timeout", "10000", .. arguments]);
        Assert.True(client.ExitCode == 0, $"{client.CommandLine}\nended with code {client.ExitCode}:\n{client.Output}{client.Error}");
        server.WaitForExit();
        using JsonDocument report = JsonDocument.Parse(client.Output);
        JsonElement end = report.RootElement.GetProperty("end");
        JsonElement sent = end.GetProperty("sum_sent");
        JsonElement received = end.GetProperty("sum_received");
        return new Iperf3(
            sent.GetProperty("bytes").GetInt64(),
            received.GetProperty("bytes").GetInt64(),
            received.GetProperty("seconds").GetDouble(),
            sent.TryGetProperty("retransmits", out JsonElement again) ? again.GetInt64() : 0);
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
