using System.Buffers.Binary;
using OpenNetVM.Core.Chains;
using OpenNetVM.Core.NetworkFunctions;
using OpenNetVM.Core.Packets;
using OpenNetVM.Core.Services;

namespace OpenNetVM.Benchmarks.Functions;

/// <summary>
/// Reads every byte of a packet, and sends flows that it suspects elsewhere, on its own decision, from their present packet on. Writes its instance into the packet's user area.
/// </summary>
internal sealed class InspectingFunction : NetworkFunction
{
    /// <summary>How often an inspection reads a packet, as one with many patterns would.</summary>
    internal const int Patterns = 8;

    /// <summary>Kind of the message that begins an attack: the service of diverted packets and the chain of their flows, 2 bytes each.</summary>
    internal const int AttackBegins = 1;

    /// <summary>Kind of the message that ends it.</summary>
    internal const int AttackEnds = 2;

    // Of the hash's 16 bits of information, so many of 65,536 values are suspicious while the attack is on: one flow in sixteen.
    private const uint SuspiciousValues = 4_096;

    private bool _suspects;
    private ServiceId _scrubber;
    private ChainId _diverted;
    private int _sum;

    /// <summary>The message <see cref="AttackBegins"/>.</summary>
    internal static byte[] Attack(ServiceId scrubber, ChainId diverted)
    {
        byte[] body = new byte[4];
        BinaryPrimitives.WriteUInt16LittleEndian(body, scrubber.Value);
        BinaryPrimitives.WriteUInt16LittleEndian(body.AsSpan(2), diverted.Value);
        return body;
    }

    /// <inheritdoc/>
    protected override void OnMessage(in NfMessage message)
    {
        _suspects = message.Kind == AttackBegins && message.Body.Length == 4;
        if (!_suspects)
            return;
        _scrubber = new ServiceId(BinaryPrimitives.ReadUInt16LittleEndian(message.Body.Span));
        _diverted = new ChainId(BinaryPrimitives.ReadUInt16LittleEndian(message.Body.Span[2..]));
    }

    /// <inheritdoc/>
    protected override void Process(Packet packet)
    {
        for (int pattern = 0; pattern < Patterns; pattern++)
        {
            foreach (byte value in packet.Data)
                _sum = (_sum * 31) + value;
        }

        BinaryPrimitives.WriteUInt16LittleEndian(packet.UserArea, Context.Instance.Value);
        if (_suspects && (ushort)packet.RssHash < SuspiciousValues)
        {
            Context.Flows.TrySet(packet, _diverted);
            packet.SendTo(_scrubber);
        }
    }
}
