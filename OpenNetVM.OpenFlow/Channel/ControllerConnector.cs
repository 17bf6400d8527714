using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;

namespace OpenNetVM.OpenFlow.Channel;

/// <summary>Keeps a channel to one controller: connects, serves the channel, and connects again after a pause that grows while the controller is away.</summary>
internal sealed class ControllerConnector(OpenFlowEndpoint endpoint, ChannelEnvironment environment)
{
    private readonly ILogger _logger = environment.Logger;

    /// <summary>Runs until cancelled. Throws nothing.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        TimeSpan delay = environment.Options.ReconnectDelay;
        while (!cancellation.IsCancellationRequested)
        {
            if (await ServeOnceAsync(cancellation).ConfigureAwait(false))
                delay = environment.Options.ReconnectDelay;
            try
            {
                await Task.Delay(delay, environment.Time, cancellation).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            delay = TimeSpan.FromTicks(Math.Min(2 * delay.Ticks, environment.Options.LongestReconnectDelay.Ticks));
        }
    }

    // True where the controller was there and a version was agreed on.
    private async Task<bool> ServeOnceAsync(CancellationToken cancellation)
    {
        try
        {
            using TcpClient client = new() { NoDelay = true };
            Stream stream;
            using (CancellationTokenSource timeout = new(environment.Options.HandshakeTimeout, environment.Time))
            using (CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, timeout.Token))
            {
                await client.ConnectAsync(endpoint.Host, endpoint.Port, either.Token).ConfigureAwait(false);
                stream = endpoint.Transport == OpenFlowTransport.Tls
                    ? await SecureAsync(client.GetStream(), either.Token).ConfigureAwait(false)
                    : client.GetStream();
            }

            await using (stream.ConfigureAwait(false))
            {
                OpenFlowConnection connection = new(new StreamPipe(stream), endpoint.ToString(), isPassive: false, environment);
                await connection.RunAsync(cancellation).ConfigureAwait(false);
                return connection.Version != 0;
            }
        }
        catch (Exception exception) when (exception is SocketException or IOException or OperationCanceledException or AuthenticationException)
        {
            if (!cancellation.IsCancellationRequested)
                _logger.LogWarning("No OpenFlow channel to {Endpoint}: {Reason}", endpoint, exception.Message);
            return false;
        }
    }

    private async Task<SslStream> SecureAsync(NetworkStream transport, CancellationToken cancellation)
    {
        OpenFlowTlsOptions tls = environment.Options.Tls;
        SslStream stream = new(transport, leaveInnerStreamOpen: false);
        try
        {
            await stream.AuthenticateAsClientAsync(AuthenticationOptions(tls), cancellation).ConfigureAwait(false);
            return stream;
        }
        catch
        {
            await stream.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private SslClientAuthenticationOptions AuthenticationOptions(OpenFlowTlsOptions tls)
    {
        X509ChainPolicy policy = new() { RevocationMode = X509RevocationMode.NoCheck };
        if (tls.Authorities.Count > 0)
        {
            policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            foreach (X509Certificate2 authority in tls.Authorities)
                policy.CustomTrustStore.Add(authority);
        }

        SslClientAuthenticationOptions options = new()
        {
            TargetHost = tls.ControllerName ?? endpoint.Host,
            CertificateChainPolicy = policy,
            ClientCertificates = tls.Certificate is null ? null : [tls.Certificate],
        };
        if (!tls.VerifyName)
        {
            // The chain has been judged by the policy above; of its verdict, only the name is forgiven.
            options.RemoteCertificateValidationCallback = static (_, _, _, errors) => (errors & ~SslPolicyErrors.RemoteCertificateNameMismatch) == SslPolicyErrors.None;
        }

        return options;
    }
}
