using System.Globalization;

namespace OpenNetVM.Core.Ports;

/// <summary>Names a port of a platform, in the order in which the ports were added.</summary>
/// <param name="Value">0 to 65,534.</param>
public readonly record struct PortId(ushort Value)
{
    /// <summary>No port: the ingress port of a packet that a network function created.</summary>
    public static readonly PortId None = new(ushort.MaxValue);

    /// <summary>For example "port 1".</summary>
    public override string ToString() =>
        this == None ? "no port" : string.Create(CultureInfo.InvariantCulture, $"port {Value}");
}
