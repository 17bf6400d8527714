namespace OpenNetVM.Samples;

/// <summary>A device as it stands on the command line, taken apart.</summary>
/// <param name="Name">DPDK's name of it.</param>
/// <param name="Arguments">What its driver is told; may be empty.</param>
internal readonly record struct DeviceName(string Name, string Arguments)
{
    /// <summary>A network card goes by its PCI address, the only kind of name with colons.</summary>
    public bool IsPci => Name.Contains(':', StringComparison.Ordinal);

    public static DeviceName Of(string text)
    {
        int comma = text.IndexOf(',', StringComparison.Ordinal);
        return comma < 0 ? new DeviceName(text, "") : new DeviceName(text[..comma], text[(comma + 1)..]);
    }
}
