namespace OpenNetVM.Testing.Layers;

/// <summary>The neighbours of a layer that is being written.</summary>
/// <param name="Next">The layer inside it, if any.</param>
/// <param name="Ip">The nearest IPv4 or IPv6 header before it, if any.</param>
/// <param name="Ethernet">The nearest Ethernet header before it, if any.</param>
internal readonly record struct LayerContext(Layer? Next, IpLayer? Ip, EthernetLayer? Ethernet);
