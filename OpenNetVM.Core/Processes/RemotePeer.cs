using Microsoft.Extensions.Logging;
using OpenNetVM.Core.Processes.Control;
using OpenNetVM.Core.Processes.Interop;

namespace OpenNetVM.Core.Processes;

/// <summary>The other end of an instance's connection, as the manager has it. Safe from any thread.</summary>
internal sealed class RemotePeer(ControlChannel channel, PeerCredentials credentials, EventFd bell, DoorbellRelay relay, NfLaunched? launched, ILogger logger)
{
    /// <summary>The process that registered.</summary>
    internal int ProcessId => credentials.ProcessId;

    /// <summary>Rung by the process when it has handled packets and the manager's worker sleeps.</summary>
    internal EventFd Bell => bell;

    /// <summary>How often the bell was rung oftener than the manager listens.</summary>
    internal long BellFloods => relay.Floods(bell);

    /// <summary>How the manager started the process; null if somebody else did.</summary>
    internal NfLaunched? Launched => launched;

    internal bool TrySend<T>(ControlMessageType type, in T payload)
        where T : IControlPayload => channel.TrySend(type, 0, payload);

    /// <summary>Ends the process if it still runs: what it could do with the memory that it has mapped, it can then do no longer.</summary>
    internal void Kill(string reason)
    {
        logger.LogWarning("Process {ProcessId} is killed: {Reason}", ProcessId, reason);
        if (!channel.TryKillPeer(out string? error))
            logger.LogWarning("Process {ProcessId} could not be killed ({Error}); it is only disconnected", ProcessId, error);
        launched?.Kill();
        channel.Close(ControlClosingKind.ClosedHere, reason);
    }
}
