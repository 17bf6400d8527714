namespace OpenNetVM.Core.Headers;

/// <summary>One option of an IPv4 or TCP header (see <see cref="HeaderOptions"/>).</summary>
public readonly ref struct HeaderOption
{
    internal HeaderOption(byte kind, Span<byte> data)
    {
        Kind = kind;
        Data = data;
    }

    /// <summary>The option's number (see <see cref="TcpOptionKinds"/> and <see cref="Ipv4OptionKinds"/>).</summary>
    public byte Kind { get; }

    /// <summary>What follows kind and length; empty for no-operation. Writes go to the packet.</summary>
    public Span<byte> Data { get; }
}
