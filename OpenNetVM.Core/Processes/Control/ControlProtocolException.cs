namespace OpenNetVM.Core.Processes.Control;

/// <summary>The other side sent what is not the control protocol. The connection is of no more use.</summary>
internal sealed class ControlProtocolException : IOException
{
    public ControlProtocolException(string reason)
        : base($"The control connection is malformed: {reason}.") => Reason = reason;

    /// <summary>What was received and what was expected.</summary>
    public string Reason { get; }
}
