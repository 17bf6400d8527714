using System.Buffers.Binary;
using OpenNetVM.Core.Headers;
using OpenNetVM.FlowTable;

namespace OpenNetVM.Benchmarks.Sdn;

/// <summary>Frames of 64 bytes whose flows are numbered: the number is in the source address, 10.0.0.0/8.</summary>
internal static class FlowNumbers
{
    internal const int FrameLength = 64;

    private const int SourceAddress = 26;
    private const int DestinationAddress = 30;
    private const uint Network = 0x0A00_0000;
    private const uint Server = 0xC0A8_0001;

    /// <summary>A frame from the station of the clients to the server's, or the server's own first one, from which a controller learns where it is.</summary>
    internal static byte[] Frame(bool fromServer)
    {
        byte[] frame = new byte[FrameLength];
        frame[0] = frame[6] = 0x02;
        frame[5] = (byte)(fromServer ? 1 : 2);
        frame[11] = (byte)(fromServer ? 2 : 1);
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(12), EtherTypes.Ipv4);
        Span<byte> ip = frame.AsSpan(14);
        ip[0] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(ip[2..], FrameLength - 14);
        ip[8] = 64;
        ip[9] = IpProtocols.Udp;
        BinaryPrimitives.WriteUInt32BigEndian(ip[12..], fromServer ? Server : Network);
        BinaryPrimitives.WriteUInt32BigEndian(ip[16..], fromServer ? Network : Server);
        BinaryPrimitives.WriteUInt16BigEndian(ip[20..], 1024);
        BinaryPrimitives.WriteUInt16BigEndian(ip[22..], 80);
        BinaryPrimitives.WriteUInt16BigEndian(ip[24..], FrameLength - 34);
        return frame;
    }

    /// <summary>Makes the frame one of a flow.</summary>
    internal static void Write(Span<byte> frame, int flow) => BinaryPrimitives.WriteUInt32BigEndian(frame[SourceAddress..], Network + (uint)flow);

    /// <summary>The number of a frame's flow; false where it is another's frame.</summary>
    internal static bool TryRead(ReadOnlySpan<byte> frame, out int flow)
    {
        flow = (int)(BinaryPrimitives.ReadUInt32BigEndian(frame[SourceAddress..]) - Network);
        return flow >= 0 && BinaryPrimitives.ReadUInt32BigEndian(frame[DestinationAddress..]) == Server;
    }

    /// <summary>The key by which the flow director knows a flow.</summary>
    internal static Ipv4FlowKey Key(int flow) => new(Network + (uint)flow, Server, 1024, 80, IpProtocols.Udp);
}
