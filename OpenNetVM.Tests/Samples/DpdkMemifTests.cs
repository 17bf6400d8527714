using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.Samples;

/// <summary>
/// Memory shared with another program of DPDK's own, dpdk-testpmd, by net_memif. Our side is a process of its own, which ends first: the driver may end the process
/// that is left.
/// </summary>
public sealed partial class DpdkMemifTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("onvm-memif-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Everything_that_testpmd_sends_arrives()
    {
        using SampleProcess sample = Start("net_null1,no-rx=1");
        using Process testpmd = StartTestpmd("txonly", "start");
        sample.ReadUntil("packets/s forwarded", static line => Forwarded().Match(line) is { Success: true } match && match.Groups[1].Value != "0");
        testpmd.StandardInput.WriteLine("stop");

        // What is still in the shared rings is taken before a second without packets is over.
        sample.ReadUntil("packets/s forwarded", static line => line.Contains(" 0 packets/s forwarded", StringComparison.Ordinal));
        End(sample);
        Assert.Equal(Sent(testpmd), Number(Received(), string.Join('\n', sample.Lines)));
    }

    [Fact]
    public void Packets_go_round_between_testpmd_and_us()
    {
        using SampleProcess sample = Start("net_ring1");
        using Process testpmd = StartTestpmd("io", "start tx_first 8");
        for (int seconds = 0; seconds < 3; seconds++)
            sample.ReadUntil("packets/s forwarded", static line => Forwarded().Match(line) is { Success: true } match && match.Groups[1].Value != "0");
        testpmd.StandardInput.WriteLine("stop");
        sample.ReadUntil("packets/s forwarded", static line => line.Contains(" 0 packets/s forwarded", StringComparison.Ordinal));
        End(sample);
        long received = Number(Received(), string.Join('\n', sample.Lines));
        Assert.InRange(received, 257, long.MaxValue);
        Assert.Equal(Sent(testpmd), received);
    }

    private SampleProcess Start(string otherDevice)
    {
        DpdkEal.SkipUnlessInstalled();
        Assert.SkipUnless(File.Exists("/usr/bin/dpdk-testpmd"), "needs dpdk-testpmd (apt-get install dpdk-dev)");
        SampleProcess sample = SampleProcess.Start("DpdkForwarder", $"net_memif0,role=server,socket={_folder}/socket,socket-abstract=no", otherDevice, "--no-huge");
        sample.ReadUntil("packets/s");
        return sample;
    }

    private Process StartTestpmd(string mode, string start)
    {
        ProcessStartInfo info = new(
            "dpdk-testpmd",
            [
                "-l", "0,1", "--no-pci", "--no-huge", "-m", "256", "--file-prefix", Path.GetFileName(_folder), "--vdev", $"net_memif0,role=client,socket={_folder}/socket,socket-abstract=no",
                "--", "-i", $"--forward-mode={mode}", "--total-num-mbufs=8192",
            ])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        Process testpmd = Process.Start(info)!;
        testpmd.ErrorDataReceived += static (_, _) => { };
        testpmd.BeginErrorReadLine();
        testpmd.StandardInput.WriteLine(start);
        return testpmd;
    }

    private static void End(SampleProcess sample)
    {
        sample.Interrupt();
        Assert.True(sample.WaitForEnd() == 0, string.Join('\n', sample.Lines) + sample.Error);
    }

    // As it said when it stopped; the port itself forgets its counters as the other side goes.
    private static long Sent(Process testpmd)
    {
        testpmd.StandardInput.WriteLine("quit");
        testpmd.StandardInput.Close();
        string output = testpmd.StandardOutput.ReadToEnd();
        testpmd.WaitForExit();
        return Number(Transmitted(), output);
    }

    private static long Number(Regex pattern, string text)
    {
        MatchCollection matches = pattern.Matches(text);
        Assert.True(matches.Count > 0, text);
        return long.Parse(matches[^1].Groups[1].Value, NumberStyles.AllowThousands, CultureInfo.InvariantCulture);
    }

    [GeneratedRegex(@"([\d,]+) packets/s forwarded")]
    private static partial Regex Forwarded();

    [GeneratedRegex(@"net_memif0: received ([\d,]+)")]
    private static partial Regex Received();

    [GeneratedRegex(@"TX-packets: (\d+) +TX-dropped")]
    private static partial Regex Transmitted();
}
