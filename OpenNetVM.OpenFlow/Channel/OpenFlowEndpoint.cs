using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;

namespace OpenNetVM.OpenFlow.Channel;

/// <summary>
/// Where a channel goes to or listens, in the words of Open vSwitch: <c>tcp:192.0.2.1:6653</c>, <c>tls:controller.example</c>, <c>ptcp:6654</c> (on the loopback
/// address alone), <c>ptcp:6654:0.0.0.0</c>, <c>tcp:[2001:db8::1]:6653</c>. Without a port, 6653 (IANA's for OpenFlow). A value, immutable.
/// </summary>
public sealed record OpenFlowEndpoint : IParsable<OpenFlowEndpoint>
{
    /// <summary>The TCP port that IANA gave to OpenFlow.</summary>
    public const int DefaultPort = 6653;

    /// <summary>Makes an endpoint.</summary>
    /// <param name="transport">How the ends find each other.</param>
    /// <param name="host">The controller's name or address; for a passive one the address to listen on.</param>
    /// <param name="port">TCP port, 1 to 65535; for a passive one also 0, which lets the system choose.</param>
    /// <exception cref="ArgumentException">The host is empty, or is no address where one is listened on.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The port is out of range.</exception>
    public OpenFlowEndpoint(OpenFlowTransport transport, string host, int port = DefaultPort)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(host);
        ArgumentOutOfRangeException.ThrowIfLessThan(port, transport == OpenFlowTransport.PassiveTcp ? 0 : 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(port, IPEndPoint.MaxPort);
        if (transport == OpenFlowTransport.PassiveTcp && !IPAddress.TryParse(host, out _))
            throw new ArgumentException($"\"{host}\" is not an IP address to listen on, such as 127.0.0.1 or 0.0.0.0.", nameof(host));
        Transport = transport;
        Host = host;
        Port = port;
    }

    /// <summary>How the ends find each other.</summary>
    public OpenFlowTransport Transport { get; }

    /// <summary>Name or address, without brackets.</summary>
    public string Host { get; }

    /// <summary>TCP port.</summary>
    public int Port { get; }

    /// <summary>Reads an endpoint.</summary>
    /// <exception cref="FormatException">The text is not an endpoint.</exception>
    public static OpenFlowEndpoint Parse(string s, IFormatProvider? provider = null)
    {
        ArgumentNullException.ThrowIfNull(s);
        return TryParse(s, provider, out OpenFlowEndpoint? result)
            ? result
            : throw new FormatException(
                $"\"{s}\" is not an OpenFlow endpoint: tcp:HOST[:PORT], tls:HOST[:PORT] or ptcp:PORT[:ADDRESS] is needed, as in tcp:127.0.0.1:6653.");
    }

    /// <summary>Reads an endpoint; false where the text is not one.</summary>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, [MaybeNullWhen(false)] out OpenFlowEndpoint result)
    {
        result = null;
        int colon = s?.IndexOf(':') ?? -1;
        if (colon < 0)
            return false;
        string rest = s![(colon + 1)..];
        switch (s[..colon])
        {
            case "tcp":
                return TryParseActive(OpenFlowTransport.Tcp, rest, out result);
            case "tls" or "ssl":
                return TryParseActive(OpenFlowTransport.Tls, rest, out result);
            case "ptcp":
                int second = rest.IndexOf(':');
                string address = second < 0 ? IPAddress.Loopback.ToString() : WithoutBrackets(rest[(second + 1)..]);
                if (!TryParsePort(second < 0 ? rest : rest[..second], 0, out int port) || !IPAddress.TryParse(address, out _))
                    return false;
                result = new OpenFlowEndpoint(OpenFlowTransport.PassiveTcp, address, port);
                return true;
            default:
                return false;
        }
    }

    /// <summary>For example "tcp:127.0.0.1:6653".</summary>
    public override string ToString()
    {
        string host = Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]" : Host;
        return Transport switch
        {
            OpenFlowTransport.PassiveTcp => string.Create(CultureInfo.InvariantCulture, $"ptcp:{Port}:{host}"),
            OpenFlowTransport.Tls => string.Create(CultureInfo.InvariantCulture, $"tls:{host}:{Port}"),
            _ => string.Create(CultureInfo.InvariantCulture, $"tcp:{host}:{Port}"),
        };
    }

    private static bool TryParseActive(OpenFlowTransport transport, string text, [MaybeNullWhen(false)] out OpenFlowEndpoint result)
    {
        result = null;
        string host = text;
        int port = DefaultPort;
        int colon = text.LastIndexOf(':');
        if (colon > text.LastIndexOf(']'))
        {
            host = text[..colon];
            if (!TryParsePort(text[(colon + 1)..], 1, out port))
                return false;
        }

        bool bracketed = host.StartsWith('[');
        if (bracketed != host.EndsWith(']') || (!bracketed && host.Contains(':', StringComparison.Ordinal)) || string.IsNullOrWhiteSpace(WithoutBrackets(host)))
            return false;
        result = new OpenFlowEndpoint(transport, WithoutBrackets(host), port);
        return true;
    }

    private static string WithoutBrackets(string host) => host.StartsWith('[') && host.EndsWith(']') ? host[1..^1] : host;

    private static bool TryParsePort(string text, int least, out int port) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port >= least && port <= IPEndPoint.MaxPort;
}
