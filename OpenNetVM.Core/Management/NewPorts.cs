using OpenNetVM.Core.Ports;

namespace OpenNetVM.Core.Management;

/// <summary>Stateless. What holds for a port that joins a platform, before its start or while it runs.</summary>
internal static class NewPorts
{
    /// <exception cref="ArgumentException">The port was used before, or has another's name.</exception>
    internal static void Check(IPort port, IEnumerable<string> names)
    {
        string name = port.Info.Name;
        if (names.Contains(name))
            throw new ArgumentException($"Two ports are named \"{name}\". Give each port a name of its own.", nameof(port));
        if (port.Status.State != PortState.Created)
            throw new ArgumentException($"Port \"{name}\" is in use already ({port.Status.State}): a port belongs to one platform, once. Make a new port object.", nameof(port));
    }
}
