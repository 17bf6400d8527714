using OpenNetVM.OpenFlow.Protocol;

namespace OpenNetVM.OpenFlow.Messages;

/// <summary>First message of each end: the highest version it speaks, and where it says so, all of them as a bitmap.</summary>
internal sealed record Hello(byte HighestVersion, uint? VersionBitmap) : OpenFlowMessage
{
    public override MessageType Type => MessageType.Hello;
}

/// <summary>Why a message was refused, in the numbers of the channel's version, with its first bytes.</summary>
internal sealed record ErrorMessage(ushort ErrorType, ushort ErrorCode, ValueArray<byte> Data) : OpenFlowMessage
{
    public override MessageType Type => MessageType.Error;
}

/// <summary>Asks whether the other end is there.</summary>
internal sealed record EchoRequest(ValueArray<byte> Data) : OpenFlowMessage
{
    public override MessageType Type => MessageType.EchoRequest;
}

/// <summary>The answer, with the request's data.</summary>
internal sealed record EchoReply(ValueArray<byte> Data) : OpenFlowMessage
{
    public override MessageType Type => MessageType.EchoReply;
}

/// <summary>A message of some maker's own (1.0: vendor): its number, and what follows it.</summary>
internal sealed record ExperimenterMessage(uint Experimenter, ValueArray<byte> Data) : OpenFlowMessage
{
    public override MessageType Type => MessageType.Experimenter;
}
