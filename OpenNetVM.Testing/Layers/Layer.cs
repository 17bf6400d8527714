namespace OpenNetVM.Testing.Layers;

/// <summary>One header (or the payload) of a packet that is being built. Immutable.</summary>
internal abstract record Layer
{
    /// <summary>What to call the layer in messages.</summary>
    public abstract string Name { get; }

    /// <summary>Bytes in front of what the layer carries.</summary>
    public abstract int HeaderLength { get; }

    /// <summary>How Ethernet, VLAN tags and GRE announce the layer; null where they cannot carry it.</summary>
    public virtual ushort? EtherType => null;

    /// <summary>How IP announces the layer; null where it cannot carry it.</summary>
    public virtual byte? Protocol => null;

    /// <summary>Bytes behind what the layer carries.</summary>
    public virtual int TrailerLength(int contentLength, Layer? next) => 0;

    /// <summary>Whether <paramref name="inner"/> can come directly inside.</summary>
    public abstract bool Carries(Layer inner);

    /// <summary>Writes the header. What the layer carries is there already.</summary>
    /// <param name="bytes">From the layer's first byte to the end of what it carries and its trailer.</param>
    /// <param name="context">The neighbours.</param>
    public abstract void Write(Span<byte> bytes, in LayerContext context);

    /// <summary>The layer as it is in an answer.</summary>
    public virtual Layer Reversed() => this;

    /// <summary>The layer with another checksum; null where it has none.</summary>
    public virtual Layer? WithChecksum(ChecksumRule rule) => null;

    /// <summary>The layer with a length field of one's own; null where it has none.</summary>
    public virtual Layer? WithLength(int length) => null;
}
