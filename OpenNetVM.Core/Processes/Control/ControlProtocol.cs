namespace OpenNetVM.Core.Processes.Control;

/// <summary>
/// The numbers of the control protocol between the manager and NFs in other processes, over a Unix domain stream socket. A frame is a header
/// of 12 bytes, little-endian (u32 payload length, u8 protocol version, u8 message type, u16 reserved, u32 request number), then the payload.
/// </summary>
internal static class ControlProtocol
{
    /// <summary>Changed with every incompatible change: both sides come from the same library, and say so when they do not.</summary>
    public const byte Version = 1;

    public const int HeaderLength = 12;

    public const int MaxPayload = 65_536;

    public const int MaxFrame = HeaderLength + MaxPayload;

    /// <summary>The longest name (service, tag, security domain), in bytes of UTF-8.</summary>
    public const int MaxName = 64;

    /// <summary>The longest reason, exception text or stack trace, in bytes of UTF-8; what is longer is cut when written.</summary>
    public const int MaxText = 4_096;

    /// <summary>The longest body of a message between instances, or of a reply, in bytes.</summary>
    public const int MaxBody = MaxPayload - 16;

    /// <summary>Whether a side may send a message of this type.</summary>
    public static bool IsDefined(ControlMessageType type, ControlDirection direction) => direction == ControlDirection.ToManager
        ? type is >= ControlMessageType.Register and <= ControlMessageType.Query
        : type is >= ControlMessageType.Welcome and <= ControlMessageType.Reply;
}

/// <summary>Which way a frame goes.</summary>
internal enum ControlDirection
{
    ToManager,
    ToFunction,
}

/// <summary>What a frame holds. The numbers are those on the wire.</summary>
internal enum ControlMessageType : byte
{
    /// <summary><see cref="RegisterMessage"/>: the first frame, and the only one of its kind.</summary>
    Register = 1,

    /// <summary><see cref="EmptyMessage"/>: the function is made and polls its rings.</summary>
    Ready = 2,

    /// <summary><see cref="FaultMessage"/>: the function threw.</summary>
    Fault = 3,

    /// <summary><see cref="EmptyMessage"/>: the function was stopped, as told.</summary>
    Stopped = 4,

    /// <summary><see cref="PostMessage"/>.</summary>
    Post = 5,

    /// <summary><see cref="FlowMessage"/>.</summary>
    SetFlow = 6,

    /// <summary><see cref="RemoveFlowMessage"/>.</summary>
    RemoveFlow = 7,

    /// <summary><see cref="ScaleMessage"/>.</summary>
    Scale = 8,

    /// <summary><see cref="QueryMessage"/>.</summary>
    Query = 9,

    /// <summary><see cref="WelcomeMessage"/>, with the handles of the memory attached.</summary>
    Welcome = 64,

    /// <summary><see cref="RefusedMessage"/>: the last frame.</summary>
    Refused = 65,

    /// <summary><see cref="InstanceMessage"/>.</summary>
    Message = 66,

    /// <summary><see cref="CommandMessage"/>.</summary>
    Command = 67,

    /// <summary><see cref="ReplyMessage"/>: answers the frame with the same request number.</summary>
    Reply = 68,
}
