using System.Globalization;
using System.Text.RegularExpressions;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.Samples;

/// <summary>`./build.sh run --sdn`: the paper's experiment with a real controller.</summary>
public partial class SdnChainTests
{
    [Fact]
    public void The_controller_sends_flows_through_both_inspectors_which_divert_the_suspicious_ones_themselves()
    {
        using OsKen controller = new("samples/SdnController/policy.py", ("POLICY_SERVICE", "ids"), ("POLICY_OUTPUT", "2"));
        using SampleProcess sample = SampleProcess.Start("SdnChain", "--sdn", $"tcp:127.0.0.1:{controller.Port}", "--seconds", "0", "--flows", "200", "--rate", "2000");
        sample.ReadUntil("every flow known, and no packet of an unknown one", static line =>
            Known().Match(line) is { Success: true } match && int.Parse(match.Groups[1].Value, NumberStyles.AllowThousands, CultureInfo.InvariantCulture) > 150);
        sample.Interrupt();

        Assert.True(sample.WaitForEnd() == 0, string.Join('\n', sample.Lines) + sample.Error);
        Match handled = Handled().Match(sample.Lines[^3]);
        Assert.True(handled.Success, sample.Lines[^3]);
        Assert.All(handled.Groups.Values.Skip(1), static count => Assert.NotEqual("0", count.Value));
        Assert.Matches(@"^received [\d,]+ \+ created 0 = transmitted [\d,]+ \+ dropped [\d,]+ \+ held 0$", sample.Lines[^1]);
        Assert.Empty(sample.Error);
    }

    [Fact]
    public void Without_a_controller_packets_go_out_by_the_default_chain()
    {
        using SampleProcess sample = SampleProcess.Start("SdnChain", "--sdn", $"tcp:127.0.0.1:{OpenVSwitch.FreePort()}", "--packets", "2000", "--rate", "5000");

        Assert.True(sample.WaitForEnd() == 0, string.Join('\n', sample.Lines) + sample.Error);
        Assert.Contains("the controller was asked 0 times", sample.Lines[^3], StringComparison.Ordinal);
        Assert.Matches(@"^received 2,000 \+ created 0 = transmitted [\d,]+ \+ dropped [\d,]+ \+ held 0$", sample.Lines[^1]);
    }

    [Fact]
    public void A_mistake_ends_with_a_message()
    {
        using SampleProcess sample = SampleProcess.Start("SdnChain", "--sdn", "nonsense");

        Assert.Equal(1, sample.WaitForEnd());
        Assert.Contains("\"nonsense\" is not an endpoint", sample.Error, StringComparison.Ordinal);
    }

    [GeneratedRegex(@"controller connected, [\d,]+ rules, ([\d,]+) flows known; 0 packets of unknown flows")]
    private static partial Regex Known();

    [GeneratedRegex(@"handled: ids 1 ([\d,]+), ids 2 ([\d,]+), scrubber 3 ([\d,]+), sdn 4 ([\d,]+)$")]
    private static partial Regex Handled();
}
