using OpenNetVM.Core.Services;

namespace OpenNetVM.Core.Diagnostics;

/// <summary>A service at one moment; its sums include instances that have stopped.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name.</param>
/// <param name="ActiveInstances">How many instances get packets.</param>
/// <param name="Handled">Packets that its functions handled.</param>
/// <param name="Dropped">Packets dropped on the way to its instances or by them.</param>
/// <param name="NoInstance">Packets dropped because none of its instances was running.</param>
public sealed record ServiceReport(ServiceId Id, string Name, int ActiveInstances, long Handled, long Dropped, long NoInstance);
