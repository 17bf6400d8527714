namespace OpenNetVM.Core.Processes;

/// <summary>Why a network function could not register with a manager in another process.</summary>
public enum NfRegistrationFailure
{
    /// <summary>No manager could be reached at the socket, or it went away before it answered. It may be there later.</summary>
    Unreachable = 0,

    /// <summary>The manager refused the function; <see cref="NfRegistrationException.Reason"/> is its own.</summary>
    Refused = 1,

    /// <summary>The manager did not answer in time.</summary>
    TimedOut = 2,

    /// <summary>What answered does not speak this library's protocol in this version.</summary>
    Protocol = 3,
}
