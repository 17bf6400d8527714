namespace OpenNetVM.OpenFlow.Channel;

/// <summary>How a channel's ends find each other.</summary>
public enum OpenFlowTransport
{
    /// <summary>The switch connects to the controller by TCP (<c>tcp:host:port</c>).</summary>
    Tcp,

    /// <summary>The switch connects to the controller by TLS over TCP and verifies its certificate (<c>tls:host:port</c>).</summary>
    Tls,

    /// <summary>The switch listens, and controllers or management tools connect to it by TCP (<c>ptcp:port:address</c>).</summary>
    PassiveTcp,
}
