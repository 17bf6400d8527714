using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OpenNetVM.Core.Processes.Interop;

namespace OpenNetVM.Core.Processes.Control;

/// <summary>What a <see cref="ControlListener"/> is made with.</summary>
internal sealed record ControlListenerOptions
{
    /// <summary>The manager's control directory.</summary>
    public required ControlDirectory Directory { get; init; }

    /// <summary>The security domain: a name of letters, digits, '.', '_' and '-' of ASCII.</summary>
    public required string Domain { get; init; }

    /// <summary>
    /// Gets every registered connection, on the thread pool, and owns it: the connection ends when the task does. The token says that the
    /// listener is being disposed of.
    /// </summary>
    public required Func<ControlChannel, PeerCredentials, RegisterMessage, CancellationToken, Task> Serve { get; init; }

    /// <summary>Permissions of the socket; null: the owner's, and the group's if <see cref="GroupId"/> is given. The directory of the domain gets those that follow.</summary>
    public UnixFileMode? SocketMode { get; init; }

    /// <summary>The group of the socket and of the domain's directory; null: the manager's own.</summary>
    public uint? GroupId { get; init; }

    /// <summary>The users whose processes may register, besides root; null: the manager's own user.</summary>
    public IReadOnlySet<uint>? AllowedUsers { get; init; }

    /// <summary>The most connections at a time, registered or not yet.</summary>
    public int MaxConnections { get; init; } = 1_024;

    /// <summary>How long a new connection may take to say who it is.</summary>
    public TimeSpan RegisterTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Told of peers that are refused, and of faults.</summary>
    public ILogger Logger { get; init; } = NullLogger.Instance;
}
