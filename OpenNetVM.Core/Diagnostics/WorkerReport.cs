namespace OpenNetVM.Core.Diagnostics;

/// <summary>A worker at one moment.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Rounds">How often it has polled everything it has.</param>
/// <param name="BusyRounds">In how many of these rounds there was something to do.</param>
/// <param name="BusyTime">About how long it was busy.</param>
/// <param name="Faults">Exceptions of its pollables, network functions' own not counted.</param>
public sealed record WorkerReport(string Name, long Rounds, long BusyRounds, TimeSpan BusyTime, long Faults);
