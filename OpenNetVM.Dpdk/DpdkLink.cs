namespace OpenNetVM.Dpdk;

/// <summary>The state of a port's link.</summary>
/// <param name="IsUp">Whether the other side is there.</param>
/// <param name="MegabitsPerSecond">The speed; null where the device does not know one.</param>
/// <param name="IsFullDuplex">Whether both directions can be used at once.</param>
public readonly record struct DpdkLink(bool IsUp, long? MegabitsPerSecond, bool IsFullDuplex);
