namespace OpenNetVM.OpenFlow.Protocol;

/// <summary>Versions of OpenFlow, as the bits of a HELLO's version bitmap (OpenFlow 1.3.5, 7.5.1): bit n stands for wire version n.</summary>
[Flags]
public enum OpenFlowVersions
{
    /// <summary>No version.</summary>
    None = 0,

    /// <summary>OpenFlow 1.0 (wire version 0x01).</summary>
    Version10 = 1 << WireVersion.Of10,

    /// <summary>OpenFlow 1.3 (wire version 0x04).</summary>
    Version13 = 1 << WireVersion.Of13,

    /// <summary>All versions that this library speaks.</summary>
    All = Version10 | Version13,
}
