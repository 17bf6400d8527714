using Microsoft.Extensions.Logging;
using OpenNetVM.Core.Dataplane;
using OpenNetVM.Core.NetworkFunctions;
using OpenNetVM.Core.Processes.Control;

namespace OpenNetVM.Core.Processes;

/// <summary>Runs a network function in a process, or a container, of its own: the one call in its <c>Main</c> (paper, "NF library").</summary>
/// <example>
/// <code>
/// return NfProcess.Run(new Firewall()) == NfProcessExit.Stopped ? 0 : 1;
/// </code>
/// </example>
public static class NfProcess
{
    private static readonly TimeSpan LookForManager = TimeSpan.FromMilliseconds(50);

    /// <summary>
    /// Registers with the manager, runs the function on the calling thread, and returns when it has stopped. Packets lie in memory that is shared with the manager: none is copied.
    /// </summary>
    /// <param name="function">The function, the same class as in the manager's own process.</param>
    /// <param name="options">Where the manager is; null for what it has told a process that it started.</param>
    /// <param name="cancellation">Makes the function leave: it returns the packets that it has, but for those that it holds.</param>
    /// <returns>Why it has stopped.</returns>
    /// <exception cref="NfRegistrationException">The manager refuses the process, or there is none.</exception>
    /// <exception cref="InvalidOperationException">The environment does not say where the manager is.</exception>
    /// <remarks>An exception of the function comes through, when the manager has been told.</remarks>
    public static NfProcessExit Run(NetworkFunction function, NfProcessOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(function);
        options ??= NfProcessOptions.FromEnvironment();
        if (options.Core is { } core)
            CoreAffinity.PinCurrentThread(core);
        RegisterMessage register = new(options.Service, 0, options.Tag, options.Domain, ParseToken(options.Token), InstanceShape.LayoutFingerprint);
        ILogger logger = options.Loggers.CreateLogger(nameof(NfProcess));

        NfContext? context = null;
        bool waits = false;
        while (true)
        {
            if (!TryConnect(options, register, waits, cancellation, out ControlConnection? connection))
            {
                if (context is not null)
                    function.Stop(logger);
                return NfProcessExit.Cancelled;
            }

            using ProcessHost host = new(connection, options, function);
            logger.LogInformation("Registered with {Socket} as {Instance} of service \"{Service}\"", options.SocketPath, host.Instance, host.ServiceName);
            NfProcessExit exit = host.Run(ref context, cancellation);
            if (exit != NfProcessExit.ManagerLost)
                return exit;
            if (options.WhenManagerIsLost != ManagerLossAction.WaitForAnother)
            {
                function.Stop(logger);
                return exit;
            }

            logger.LogWarning("The manager at {Socket} is gone ({Reason}); waiting for another", options.SocketPath, host.ClosingReason);
            waits = true;

            // The token was the dead manager's.
            register = register with { Token = Guid.Empty };
        }
    }

    private static bool TryConnect(NfProcessOptions options, RegisterMessage register, bool waits, CancellationToken cancellation, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out ControlConnection? connection)
    {
        connection = null;
        while (!cancellation.IsCancellationRequested)
        {
            try
            {
                connection = ControlClient.Connect(options.SocketPath, register, options.AnswerTimeout, cancellation);
                return true;
            }
            catch (NfRegistrationException) when (waits)
            {
                // No manager yet, or one that is not ready for this service yet.
                cancellation.WaitHandle.WaitOne(LookForManager);
            }
            catch (OperationCanceledException)
            {
                return false;
            }
        }

        return false;
    }

    private static Guid ParseToken(string token) => token.Length == 0 ? Guid.Empty
        : Guid.TryParse(token, out Guid parsed) ? parsed
        : throw new InvalidOperationException($"\"{token}\" is no token of a manager. Leave NfProcessOptions.Token and the variable {NfLaunch.TokenVariable} empty in a process that no manager has started.");
}
