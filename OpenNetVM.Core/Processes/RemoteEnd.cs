namespace OpenNetVM.Core.Processes;

/// <summary>How an instance in another process ended.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="Reason">In words.</param>
/// <param name="Fault">What its function threw, if that is what happened.</param>
internal sealed record RemoteEnd(RemoteEndKind Kind, string Reason, Control.FaultMessage? Fault = null);
