namespace OpenNetVM.Core.Ports;

/// <summary>A port's state and, if it failed, why.</summary>
/// <param name="State">Where the port stands in its life.</param>
/// <param name="Error">What went wrong, if <paramref name="State"/> is <see cref="PortState.Failed"/> or a failed port was stopped; otherwise null.</param>
public readonly record struct PortStatus(PortState State, Exception? Error = null);
