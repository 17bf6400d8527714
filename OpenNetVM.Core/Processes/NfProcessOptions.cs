using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OpenNetVM.Core.Dataplane;

namespace OpenNetVM.Core.Processes;

/// <summary>How a process provides an instance of a service to a manager in another.</summary>
public sealed record NfProcessOptions
{
    /// <summary>The socket of the manager's security domain: <c>FOLDER/DOMAIN/control.sock</c>, with the manager's <see cref="ProcessOptions.Folder"/>.</summary>
    public required string SocketPath { get; init; }

    /// <summary>The name of the service to register for.</summary>
    public required string Service { get; init; }

    /// <summary>The security domain that the function insists on: it is refused where the service is of another. Empty, the default: whichever the service is of.</summary>
    public string Domain { get; init; } = string.Empty;

    /// <summary>By which a manager that has started the process knows it, for its first registration; empty if it was started otherwise. A token that the manager does not know is refused.</summary>
    public string Token { get; init; } = string.Empty;

    /// <summary>A name for the manager's log, at most 64 bytes.</summary>
    public string Tag { get; init; } = string.Empty;

    /// <summary>Where the function and the library report. Default: nowhere.</summary>
    public ILoggerFactory Loggers { get; init; } = NullLoggerFactory.Instance;

    /// <summary>The clock of timers.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>
    /// What the process does when no packet waits. Default: it spins, then yields, then sleeps until it is woken. <see cref="IdleStrategy.Wait()"/> lets many idle functions
    /// share a core; <see cref="IdleStrategy.Spin"/> is for a core of its own.
    /// </summary>
    public IdleStrategy Idle { get; init; } = IdleStrategy.Adaptive;

    /// <summary>The core that the calling thread is pinned to; null leaves that to the system.</summary>
    public int? Core { get; init; }

    /// <summary>What happens when the manager is gone.</summary>
    public ManagerLossAction WhenManagerIsLost { get; init; }

    /// <summary>How long the manager may take to answer, at the registration and at each request. Default 5 s.</summary>
    public TimeSpan AnswerTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>What the manager that starts this process has told it in environment variables (<see cref="NfLaunch"/>).</summary>
    /// <exception cref="InvalidOperationException">They are not there: the process was started by somebody else.</exception>
    public static NfProcessOptions FromEnvironment()
    {
        return new NfProcessOptions
        {
            SocketPath = Read(NfLaunch.SocketVariable),
            Service = Read(NfLaunch.ServiceVariable),
            Token = Environment.GetEnvironmentVariable(NfLaunch.TokenVariable) ?? string.Empty,
        };

        static string Read(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value
            : throw new InvalidOperationException($"The environment variable {name} is not set. The manager sets it for processes that it starts; for others, set {NfLaunch.SocketVariable} to the path of the manager's control.sock and {NfLaunch.ServiceVariable} to the service's name, or fill NfProcessOptions in the program.");
    }
}
