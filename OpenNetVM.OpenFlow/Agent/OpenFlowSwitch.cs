using System.Net;
using Microsoft.Extensions.Logging;
using OpenNetVM.OpenFlow.Channel;

namespace OpenNetVM.OpenFlow.Agent;

/// <summary>A switch agent with its channels: connects to controllers and listens for tools until it is disposed.</summary>
internal sealed class OpenFlowSwitch : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly List<PassiveListener> _listeners = [];
    private readonly List<Task> _running = [];

    /// <summary>Begins to listen and to connect, after the data path was shown the agent.</summary>
    /// <exception cref="ArgumentException">An option does not fit.</exception>
    /// <exception cref="System.Net.Sockets.SocketException">An address cannot be listened on.</exception>
    public OpenFlowSwitch(
        IOpenFlowDatapath datapath,
        SwitchAgentOptions agent,
        OpenFlowChannelOptions channel,
        IReadOnlyList<OpenFlowEndpoint> endpoints,
        TimeProvider time,
        ILogger logger,
        Action<SwitchAgent>? prepare = null)
    {
        channel.Validate();
        Agent = new SwitchAgent(datapath, agent, time, logger);
        prepare?.Invoke(Agent);
        ChannelEnvironment environment = new(channel, Agent, time, logger);
        try
        {
            foreach (OpenFlowEndpoint endpoint in endpoints)
            {
                if (endpoint.Transport == OpenFlowTransport.PassiveTcp)
                    _listeners.Add(new PassiveListener(endpoint, environment));
            }
        }
        catch
        {
            _listeners.ForEach(static listener => listener.Dispose());
            Agent.Dispose();
            _stop.Dispose();
            throw;
        }

        // Only when nothing can fail any more does anything run.
        foreach (PassiveListener listener in _listeners)
            _running.Add(Task.Run(() => listener.RunAsync(_stop.Token)));
        foreach (OpenFlowEndpoint endpoint in endpoints)
        {
            if (endpoint.Transport != OpenFlowTransport.PassiveTcp)
                _running.Add(Task.Run(() => new ControllerConnector(endpoint, environment).RunAsync(_stop.Token)));
        }
    }

    public SwitchAgent Agent { get; }

    /// <summary>Where it listens, in the order of the endpoints.</summary>
    public IReadOnlyList<IPEndPoint> Listening => [.. _listeners.Select(static listener => listener.LocalEndPoint)];

    /// <summary>Closes all channels and waits until they are closed.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(_running).ConfigureAwait(false);
        _listeners.ForEach(static listener => listener.Dispose());
        Agent.Dispose();
        _stop.Dispose();
    }
}
