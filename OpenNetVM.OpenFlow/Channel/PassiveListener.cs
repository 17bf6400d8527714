using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace OpenNetVM.OpenFlow.Channel;

/// <summary>Listens for controllers and management tools, and serves a bounded number of them at once.</summary>
internal sealed class PassiveListener : IDisposable
{
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromMilliseconds(100);

    private readonly ChannelEnvironment _environment;
    private readonly TcpListener _listener;
    private readonly SemaphoreSlim _places;

    /// <summary>Begins to listen.</summary>
    /// <exception cref="SocketException">The address cannot be listened on.</exception>
    public PassiveListener(OpenFlowEndpoint endpoint, ChannelEnvironment environment)
    {
        _environment = environment;
        _places = new SemaphoreSlim(environment.Options.MaxPassiveConnections);
        _listener = new TcpListener(IPAddress.Parse(endpoint.Host), endpoint.Port);
        _listener.Start();
    }

    /// <summary>The address, with the port that the system chose where 0 was asked for.</summary>
    public IPEndPoint LocalEndPoint => (IPEndPoint)_listener.LocalEndpoint;

    /// <summary>Serves connections until cancelled, and returns when all are closed. Throws nothing.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        HashSet<Task> serving = [];
        while (!cancellation.IsCancellationRequested)
        {
            try
            {
                TcpClient client = await _listener.AcceptTcpClientAsync(cancellation).ConfigureAwait(false);
                serving.RemoveWhere(static task => task.IsCompleted);
                if (await _places.WaitAsync(0, CancellationToken.None).ConfigureAwait(false))
                {
                    serving.Add(ServeAsync(client, cancellation));
                    continue;
                }

                _environment.Logger.LogWarning("OpenFlow connection to {Address} closed: {Count} are open already", LocalEndPoint, _environment.Options.MaxPassiveConnections);
                client.Dispose();
            }
            catch (OperationCanceledException)
            {
                // The loop's condition sees it.
            }
            catch (SocketException exception)
            {
                // A connection that was gone before it was accepted, or no file descriptor left: not the end of listening.
                _environment.Logger.LogWarning("An OpenFlow connection to {Address} could not be accepted: {Reason}", LocalEndPoint, exception.Message);
                await Task.Delay(PauseAfterFailure, CancellationToken.None).ConfigureAwait(false);
            }
        }

        await Task.WhenAll(serving).ConfigureAwait(false);
    }

    public void Dispose()
    {
        _listener.Dispose();
        _places.Dispose();
    }

    private async Task ServeAsync(TcpClient client, CancellationToken cancellation)
    {
        try
        {
            using (client)
            {
                client.NoDelay = true;
                OpenFlowConnection connection = new(new StreamPipe(client.GetStream()), $"{client.Client.RemoteEndPoint}", isPassive: true, _environment);
                await connection.RunAsync(cancellation).ConfigureAwait(false);
            }
        }
        catch (Exception exception) when (exception is SocketException or IOException or InvalidOperationException)
        {
            _environment.Logger.LogInformation("An OpenFlow connection to {Address} was closed before it began: {Reason}", LocalEndPoint, exception.Message);
        }
        finally
        {
            _places.Release();
        }
    }
}
