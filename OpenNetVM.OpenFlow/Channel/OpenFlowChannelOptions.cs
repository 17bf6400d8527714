using OpenNetVM.OpenFlow.Protocol;

namespace OpenNetVM.OpenFlow.Channel;

/// <summary>How OpenFlow channels behave.</summary>
public sealed record OpenFlowChannelOptions
{
    /// <summary>Versions that are offered; OpenFlow 1.0 and 1.3 by default. The highest that the other end speaks too is taken.</summary>
    public OpenFlowVersions Versions { get; init; } = OpenFlowVersions.All;

    /// <summary>Silence after which the other end is asked whether it is there (ECHO_REQUEST); 5 seconds by default.</summary>
    public TimeSpan EchoInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Further silence after which the channel is closed; 5 seconds by default.</summary>
    public TimeSpan EchoTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long connecting may take, and how long agreeing on a version; 5 seconds by default.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Pause before connecting again, which doubles after each failure; half a second by default.</summary>
    public TimeSpan ReconnectDelay { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>The longest such pause; 8 seconds by default.</summary>
    public TimeSpan LongestReconnectDelay { get; init; } = TimeSpan.FromSeconds(8);

    /// <summary>
    /// Messages of the switch that wait for a slow controller; 1,024 by default. What comes unasked (PACKET_IN, FLOW_REMOVED, PORT_STATUS) is dropped and counted
    /// beyond it; an answer waits, and with it the next request is not read.
    /// </summary>
    public int SendQueueLength { get; init; } = 1024;

    /// <summary>Connections that a listening endpoint serves at once; further ones are closed at once. 16 by default.</summary>
    public int MaxPassiveConnections { get; init; } = 16;

    /// <summary>Certificates for <c>tls:</c> endpoints.</summary>
    public OpenFlowTlsOptions Tls { get; init; } = new();

    internal void Validate()
    {
        if ((Versions & OpenFlowVersions.All) == OpenFlowVersions.None || (Versions & ~OpenFlowVersions.All) != 0)
            throw new ArgumentException($"{nameof(Versions)} is {Versions}, but must be {OpenFlowVersions.Version10}, {OpenFlowVersions.Version13} or both.");
        Positive(EchoInterval, nameof(EchoInterval));
        Positive(EchoTimeout, nameof(EchoTimeout));
        Positive(HandshakeTimeout, nameof(HandshakeTimeout));
        Positive(ReconnectDelay, nameof(ReconnectDelay));
        if (LongestReconnectDelay < ReconnectDelay)
            throw new ArgumentException($"{nameof(LongestReconnectDelay)} is {LongestReconnectDelay}, but must be at least {nameof(ReconnectDelay)} ({ReconnectDelay}).");
        ArgumentOutOfRangeException.ThrowIfLessThan(SendQueueLength, 16, nameof(SendQueueLength));
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxPassiveConnections, 1, nameof(MaxPassiveConnections));
    }

    private static void Positive(TimeSpan time, string name)
    {
        if (time <= TimeSpan.Zero || time > TimeSpan.FromDays(1))
            throw new ArgumentException($"{name} is {time}, but must be more than zero and at most a day.");
    }
}
