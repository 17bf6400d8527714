using System.Diagnostics;
using System.Security.Cryptography.X509Certificates;
using OpenNetVM.OpenFlow.Agent;
using OpenNetVM.OpenFlow.Channel;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.OpenFlow;

/// <summary>Channels by TLS, with Open vSwitch's controller at the other end, and who is let in.</summary>
public sealed class OpenFlowTlsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private RecordingLogger _logger = new();
    private readonly CertificateAuthority _authority = new("authority");

    public void Dispose()
    {
        _authority.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_controller_with_a_certificate_of_the_authority_is_connected_to_by_tls()
    {
        using X509Certificate2 ours = _authority.Issue("switch", null);
        Assert.True(await ConnectsAsync(new OpenFlowTlsOptions { Authorities = [_authority.Certificate], Certificate = ours }, "127.0.0.1"));
    }

    [Fact]
    public async Task A_controller_whose_certificate_bears_no_host_s_name_is_connected_to_only_where_names_are_not_verified()
    {
        // As those that ovs-pki makes.
        using X509Certificate2 ours = _authority.Issue("switch", null);
        OpenFlowTlsOptions tls = new() { Authorities = [_authority.Certificate], Certificate = ours };
        Assert.False(await ConnectsAsync(tls, null));
        Assert.True(await ConnectsAsync(tls with { VerifyName = false }, null));
    }

    [Fact]
    public async Task A_controller_with_a_certificate_of_another_authority_is_not_connected_to_even_where_names_are_not_verified()
    {
        using CertificateAuthority other = new("other");
        using X509Certificate2 ours = _authority.Issue("switch", null);
        Assert.False(await ConnectsAsync(new OpenFlowTlsOptions { Authorities = [other.Certificate], Certificate = ours, VerifyName = false }, "127.0.0.1"));
        Assert.Contains(_logger.Messages, message => message.Contains("No OpenFlow channel to tls:127.0.0.1", StringComparison.Ordinal));
    }

    private async Task<bool> ConnectsAsync(OpenFlowTlsOptions tls, string? controllerAddress)
    {
        _logger = new RecordingLogger();
        int port = OpenVSwitch.FreePort();
        using Process controller = OpenVSwitch.Start(
            "ovs-testcontroller", ["-O", "OpenFlow13", "--unixctl=none", .. _authority.IssueFiles(_folder.Path, "controller", controllerAddress), $"pssl:{port}:127.0.0.1"]);
        try
        {
            OpenFlowChannelOptions options = new() { Tls = tls, ReconnectDelay = TimeSpan.FromMilliseconds(50), LongestReconnectDelay = TimeSpan.FromMilliseconds(200) };
            await using OpenFlowSwitch connected = new(
                new FakeDatapath(TimeProvider.System), new SwitchAgentOptions(), options, [OpenFlowEndpoint.Parse($"tls:127.0.0.1:{port}")], TimeProvider.System, _logger);
            // What is refused is refused again and again: a second is enough to see that.
            Stopwatch watch = Stopwatch.StartNew();
            bool Refused() => _logger.Messages.Count(message => message.Contains("certificate", StringComparison.OrdinalIgnoreCase)) >= 3;
            while (connected.Agent.RuleCount == 0 && watch.Elapsed < TimeSpan.FromSeconds(20) && !Refused())
                await Task.Delay(20, TestContext.Current.CancellationToken);
            Assert.True(connected.Agent.RuleCount == 1 || Refused(), string.Join('\n', _logger.Messages));
            return connected.Agent.RuleCount == 1;
        }
        finally
        {
            controller.Kill();
        }
    }
}
