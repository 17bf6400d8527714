namespace OpenNetVM.OpenFlow.Protocol;

/// <summary>Numbers of the protocol that several messages share.</summary>
internal static class OpenFlowConstants
{
    public const int HeaderLength = 8;
    public const int LongestMessage = ushort.MaxValue;

    /// <summary>In place of a buffer id: the packet is in the message.</summary>
    public const uint NoBuffer = 0xFFFF_FFFF;

    /// <summary>In place of a length: the whole packet, which is not buffered.</summary>
    public const ushort WholePacket = 0xFFFF;

    public const byte AllTables = 0xFF;
    public const uint AllQueues = 0xFFFF_FFFF;
    public const ushort DefaultMissSendLength = 128;

    /// <summary>The experimenter id under which Open vSwitch's own actions are sent.</summary>
    public const uint Nicira = 0x0000_2320;
}
