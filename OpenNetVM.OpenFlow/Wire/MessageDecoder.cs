using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using OpenNetVM.OpenFlow.Messages;
using OpenNetVM.OpenFlow.Protocol;

namespace OpenNetVM.OpenFlow.Wire;

/// <summary>
/// Makes messages of bytes, whatever the bytes are: a message that is not as the specification says gives the error with which it is to be refused. Pure; safe
/// from any thread. What it allocates is bounded by the message's length.
/// </summary>
internal static class MessageDecoder
{
    /// <summary>Decodes one message of exactly the given bytes.</summary>
    /// <returns>False where it is to be refused, with the error.</returns>
    public static bool TryDecode(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out OpenFlowMessage? message, out OpenFlowError error)
    {
        message = null;
        if (bytes.Length < OpenFlowConstants.HeaderLength || ((bytes[2] << 8) | bytes[3]) != bytes.Length)
        {
            error = Errors.BadRequest.Length;
            return false;
        }

        WireReader reader = new(bytes, Errors.BadRequest.Length);
        byte version = reader.U8();
        byte type = reader.U8();
        reader.U16();
        uint xid = reader.U32();
        OpenFlowMessage? decoded = type == (byte)MessageType.Hello
            ? DecodeHello(ref reader, version)
            : version switch
            {
                WireVersion.Of13 => Decoder13.Decode(ref reader, (MessageType)type),
                WireVersion.Of10 => Decoder10.Decode(ref reader, type),
                _ => Refuse(ref reader, Errors.BadRequest.Version),
            };
        error = reader.Error;
        if (decoded is null || error.IsError)
            return false;
        message = decoded with { Xid = xid };
        return true;
    }

    /// <summary>Decodes one message that may lie in several pieces.</summary>
    public static bool TryDecode(in ReadOnlySequence<byte> bytes, [NotNullWhen(true)] out OpenFlowMessage? message, out OpenFlowError error)
    {
        if (bytes.IsSingleSegment)
            return TryDecode(bytes.FirstSpan, out message, out error);
        int length = (int)Math.Min(bytes.Length, OpenFlowConstants.LongestMessage + 1);
        byte[] copy = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            bytes.Slice(0, length).CopyTo(copy);
            return TryDecode(copy.AsSpan(0, length), out message, out error);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(copy);
        }
    }

    public static OpenFlowMessage? Refuse(ref WireReader reader, OpenFlowError error)
    {
        reader.Fail(error);
        return null;
    }

    /// <summary>Decodes the body of a message that OpenFlow 1.0 and 1.3 have alike. Null, with nothing read: it is another.</summary>
    public static OpenFlowMessage? DecodeCommonBody(ref WireReader reader, MessageType type) => type switch
    {
        MessageType.Error => new ErrorMessage(reader.U16(), reader.U16(), reader.RestAsArray()),
        MessageType.EchoRequest => new EchoRequest(reader.RestAsArray()),
        MessageType.EchoReply => new EchoReply(reader.RestAsArray()),
        MessageType.Experimenter => new ExperimenterMessage(reader.U32(), reader.RestAsArray()),
        MessageType.FeaturesRequest => new FeaturesRequest(),
        MessageType.GetConfigRequest => new GetConfigRequest(),
        MessageType.GetConfigReply => new GetConfigReply(reader.U16(), reader.U16()),
        MessageType.SetConfig => new SetConfig(reader.U16(), reader.U16()),
        MessageType.BarrierRequest => new BarrierRequest(),
        MessageType.BarrierReply => new BarrierReply(),
        _ => null,
    };

    // A HELLO can have any version, and elements that are not known are passed over (OpenFlow 1.3.5, 7.5.1). OpenFlow 1.0 lets anything follow the header.
    private static Hello DecodeHello(ref WireReader reader, byte version)
    {
        const ushort VersionBitmap = 1;
        uint? bitmap = null;
        while (version > WireVersion.Of10 && reader.Remaining >= 4 && !reader.Failed)
        {
            ushort type = reader.U16();
            int length = reader.U16() - 4;
            WireReader element = reader.Part(length, Errors.BadRequest.Length);
            if (type == VersionBitmap && element.Remaining >= 4)
                bitmap = element.U32();
            reader.Skip(Math.Min(-(length + 4) & 7, reader.Remaining));
        }

        return new Hello(version, bitmap);
    }
}
