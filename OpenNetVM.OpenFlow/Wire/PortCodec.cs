using OpenNetVM.Core.Headers;
using OpenNetVM.OpenFlow.Messages;
using OpenNetVM.OpenFlow.Protocol;

namespace OpenNetVM.OpenFlow.Wire;

/// <summary>Port descriptions: 64 bytes in OpenFlow 1.3 (7.2.1), 48 in 1.0 (5.2.1).</summary>
internal static class PortCodec
{
    public const int Length13 = 64;
    public const int Length10 = 48;
    private const int NameLength = PortDescription.LongestName + 1;

    public static PortDescription Read13(ref WireReader reader)
    {
        uint port = reader.U32();
        reader.Skip(4);
        MacAddress address = new(reader.U48());
        reader.Skip(2);
        return new PortDescription(port, address, reader.Text(NameLength))
        {
            Config = reader.U32(),
            State = reader.U32(),
            Current = reader.U32(),
            Advertised = reader.U32(),
            Supported = reader.U32(),
            Peer = reader.U32(),
            CurrentSpeed = reader.U32(),
            MaxSpeed = reader.U32(),
        };
    }

    public static void Write13(MessageBuffer buffer, PortDescription port)
    {
        buffer.U32(port.Port);
        buffer.Zeros(4);
        buffer.U48(port.HardwareAddress.Value);
        buffer.Zeros(2);
        buffer.Text(port.Name, NameLength);
        buffer.U32(port.Config);
        buffer.U32(port.State);
        buffer.U32(port.Current);
        buffer.U32(port.Advertised);
        buffer.U32(port.Supported);
        buffer.U32(port.Peer);
        buffer.U32(port.CurrentSpeed);
        buffer.U32(port.MaxSpeed);
    }

    public static PortDescription Read10(ref WireReader reader)
    {
        uint port = ReservedPort.From10(reader.U16());
        MacAddress address = new(reader.U48());
        return new PortDescription(port, address, reader.Text(NameLength))
        {
            Config = reader.U32(),
            State = reader.U32(),
            Current = reader.U32(),
            Advertised = reader.U32(),
            Supported = reader.U32(),
            Peer = reader.U32(),
        };
    }

    public static void Write10(MessageBuffer buffer, PortDescription port)
    {
        ReservedPort.TryTo10(port.Port, out ushort number);
        buffer.U16(number);
        buffer.U48(port.HardwareAddress.Value);
        buffer.Text(port.Name, NameLength);
        // 1.3's bits for settings and state are 1.0's where 1.0 has them; "live" (4) is new.
        buffer.U32(port.Config);
        buffer.U32(port.State & ~(uint)PortStates.Live);
        buffer.U32(port.Current);
        buffer.U32(port.Advertised);
        buffer.U32(port.Supported);
        buffer.U32(port.Peer);
    }
}
