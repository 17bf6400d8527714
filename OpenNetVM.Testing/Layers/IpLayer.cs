namespace OpenNetVM.Testing.Layers;

/// <summary>IPv4 or IPv6: what gives the checksums of the layers inside their pseudo-header.</summary>
internal abstract record IpLayer : Layer
{
    /// <summary>The protocol number of a payload that is nobody's: for experimentation and testing (RFC 3692).</summary>
    public const byte ExperimentalProtocol = 253;

    public abstract bool IsVersion6 { get; }

    public override bool Carries(Layer inner) => inner is PayloadLayer || inner.Protocol is not null;

    public abstract uint PseudoHeader(byte protocol, int length);
}
