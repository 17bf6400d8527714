using OpenNetVM.OpenFlow.Protocol;

namespace OpenNetVM.OpenFlow.Wire;

/// <summary>Numbers of OpenFlow 1.0's messages (5.1 ofp_type), which differ from 1.3's behind FLOW_MOD.</summary>
internal static class MessageTypes10
{
    private const byte LastCommon = (byte)MessageType.FlowMod;

    // In order of their numbers, from 15 on.
    private static ReadOnlySpan<MessageType> Others =>
    [
        MessageType.PortMod, MessageType.MultipartRequest, MessageType.MultipartReply, MessageType.BarrierRequest, MessageType.BarrierReply,
        MessageType.QueueGetConfigRequest, MessageType.QueueGetConfigReply,
    ];

    public static bool TryFromWire(byte number, out MessageType type)
    {
        int other = number - LastCommon - 1;
        type = other < 0 ? (MessageType)number : other < Others.Length ? Others[other] : default;
        return other < Others.Length;
    }

    public static bool TryToWire(MessageType type, out byte number)
    {
        int other = Others.IndexOf(type);
        number = (byte)type <= LastCommon ? (byte)type : (byte)(LastCommon + 1 + other);
        return (byte)type <= LastCommon || other >= 0;
    }
}
