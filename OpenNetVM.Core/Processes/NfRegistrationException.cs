namespace OpenNetVM.Core.Processes;

/// <summary>A network function could not register with a manager in another process.</summary>
public sealed class NfRegistrationException : IOException
{
    /// <summary>Makes the exception and its message.</summary>
    /// <param name="socketPath">The control socket that was used.</param>
    /// <param name="failure">The case, for code.</param>
    /// <param name="reason">The case, for people: what happened, and what to do.</param>
    /// <param name="innerException">What the system said, if it did.</param>
    public NfRegistrationException(string socketPath, NfRegistrationFailure failure, string reason, Exception? innerException = null)
        : base($"No registration at '{socketPath}': {reason}", innerException)
    {
        SocketPath = socketPath;
        Failure = failure;
        Reason = reason;
    }

    /// <summary>The control socket that was used.</summary>
    public string SocketPath { get; }

    /// <summary>The case, for code: only <see cref="NfRegistrationFailure.Unreachable"/> and <see cref="NfRegistrationFailure.TimedOut"/> may be different at another try.</summary>
    public NfRegistrationFailure Failure { get; }

    /// <summary>The case, for people; the manager's words if it refused the function.</summary>
    public string Reason { get; }
}
