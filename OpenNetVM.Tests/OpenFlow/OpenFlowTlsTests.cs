using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using OpenNetVM.OpenFlow.Agent;
using OpenNetVM.OpenFlow.Channel;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.OpenFlow;

/// <summary>Channels by TLS, with Open vSwitch's controller at the other end, and who is let in.</summary>
public sealed class OpenFlowTlsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("opennetvm-tls-").FullName;
    private RecordingLogger _logger = new();
    private readonly Authority _authority = new("authority");

    public void Dispose()
    {
        _authority.Dispose();
        Directory.Delete(_folder, recursive: true);
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
        using Authority other = new("other");
        using X509Certificate2 ours = _authority.Issue("switch", null);
        Assert.False(await ConnectsAsync(new OpenFlowTlsOptions { Authorities = [other.Certificate], Certificate = ours, VerifyName = false }, "127.0.0.1"));
        Assert.Contains(_logger.Messages, message => message.Contains("No OpenFlow channel to tls:127.0.0.1", StringComparison.Ordinal));
    }

    private async Task<bool> ConnectsAsync(OpenFlowTlsOptions tls, string? controllerAddress)
    {
        _logger = new RecordingLogger();
        int port = OpenVSwitch.FreePort();
        using X509Certificate2 certificate = _authority.Issue("controller", controllerAddress);
        string key = Path.Combine(_folder, "key.pem"), own = Path.Combine(_folder, "cert.pem"), authority = Path.Combine(_folder, "ca.pem");
        await File.WriteAllTextAsync(key, certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem(), TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(own, certificate.ExportCertificatePem(), TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(authority, _authority.Certificate.ExportCertificatePem(), TestContext.Current.CancellationToken);
        using Process controller = OpenVSwitch.Start(
            "ovs-testcontroller", "-O", "OpenFlow13", "--unixctl=none", "-p", key, "-c", own, "-C", authority, $"pssl:{port}:127.0.0.1");
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

    /// <summary>Makes certificates that are good for a day.</summary>
    private sealed class Authority : IDisposable
    {
        private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

        public Authority(string name)
        {
            CertificateRequest request = new($"CN={name}", _key, HashAlgorithmName.SHA256);
            request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
            request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
            Certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddDays(1));
        }

        public X509Certificate2 Certificate { get; }

        public X509Certificate2 Issue(string name, string? address)
        {
            using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            CertificateRequest request = new($"CN={name}", key, HashAlgorithmName.SHA256);
            request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, false, 0, critical: true));
            if (address is not null)
            {
                SubjectAlternativeNameBuilder names = new();
                names.AddIpAddress(IPAddress.Parse(address));
                request.CertificateExtensions.Add(names.Build());
            }

            using X509Certificate2 certificate = request.Create(Certificate, DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddHours(20), RandomNumberGenerator.GetBytes(8));
            return certificate.CopyWithPrivateKey(key);
        }

        public void Dispose()
        {
            Certificate.Dispose();
            _key.Dispose();
        }
    }
}
