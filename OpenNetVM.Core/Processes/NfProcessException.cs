namespace OpenNetVM.Core.Processes;

/// <summary>
/// Why an instance in another process ended, where that was not wanted: in <see cref="NetworkFunctions.NfFault.Exception"/>. The message says whether it died, hung, was expelled, or what its
/// function threw.
/// </summary>
public sealed class NfProcessException : Exception
{
    /// <summary>With a message that says nothing more.</summary>
    public NfProcessException()
        : base("A network function in another process ended.")
    {
    }

    /// <summary>With a message.</summary>
    public NfProcessException(string message)
        : base(message)
    {
    }

    /// <summary>With a message and a cause.</summary>
    public NfProcessException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    internal NfProcessException(string message, int processId, string? remoteStackTrace)
        : base(message)
    {
        ProcessId = processId;
        RemoteStackTrace = remoteStackTrace;
    }

    /// <summary>The process's number, 0 where it is not known.</summary>
    public int ProcessId { get; }

    /// <summary>Where in its own process the function threw; null where it did not.</summary>
    public string? RemoteStackTrace { get; }
}
