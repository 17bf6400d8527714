using System.Buffers.Binary;

namespace OpenNetVM.Tests.Support;

/// <summary>The plainest frames that tests of the data path need.</summary>
internal static class Frames
{
    /// <summary>An IPv4/UDP frame; the payload starts with <paramref name="mark"/>.</summary>
    public static byte[] Udp(uint source, uint destination, ushort sourcePort, ushort destinationPort, int length = 64, int mark = 0, byte protocol = 17)
    {
        byte[] frame = new byte[length];
        frame[5] = 2;
        frame[11] = 1;
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(12), 0x0800);
        Span<byte> ip = frame.AsSpan(14);
        ip[0] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(ip[2..], (ushort)(length - 14));
        ip[8] = 64;
        ip[9] = protocol;
        BinaryPrimitives.WriteUInt32BigEndian(ip[12..], source);
        BinaryPrimitives.WriteUInt32BigEndian(ip[16..], destination);
        BinaryPrimitives.WriteUInt16BigEndian(ip[20..], sourcePort);
        BinaryPrimitives.WriteUInt16BigEndian(ip[22..], destinationPort);
        BinaryPrimitives.WriteUInt16BigEndian(ip[24..], (ushort)(length - 34));
        BinaryPrimitives.WriteInt32LittleEndian(ip[28..], mark);
        return frame;
    }

    /// <summary>Frames of different flows, marked 0, 1, 2...</summary>
    public static byte[][] Flows(int count, int length = 64) =>
        [.. Enumerable.Range(0, count).Select(i => Udp(0x0A000001 + ((uint)i * 7919), 0xC0A80001 + ((uint)i % 251), (ushort)(1024 + (i * 31)), 80, length, i))];

    /// <summary>The same packet in the other direction.</summary>
    public static byte[] Reversed(byte[] frame)
    {
        byte[] answer = [.. frame];
        frame.AsSpan(26, 4).CopyTo(answer.AsSpan(30));
        frame.AsSpan(30, 4).CopyTo(answer.AsSpan(26));
        frame.AsSpan(34, 2).CopyTo(answer.AsSpan(36));
        frame.AsSpan(36, 2).CopyTo(answer.AsSpan(34));
        return answer;
    }

    public static int Mark(ReadOnlySpan<byte> frame) => BinaryPrimitives.ReadInt32LittleEndian(frame[42..]);
}
