namespace OpenNetVM.Dpdk;

/// <summary>What a device was configured to.</summary>
/// <param name="LongestFrame">Most bytes of a frame that it sends.</param>
/// <param name="AccessVlan">The VLAN that it tags and untags, or null.</param>
/// <param name="DropsBadChecksums">Whether it checks checksums and frames that fail are dropped.</param>
/// <param name="FillsChecksums">Fills in checksums of what is sent; null where that was not asked for.</param>
internal readonly record struct DeviceSetup(uint LongestFrame, ushort? AccessVlan, bool DropsBadChecksums, TransmitChecksums? FillsChecksums);
