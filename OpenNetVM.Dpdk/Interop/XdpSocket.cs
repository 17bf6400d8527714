using System.Globalization;

namespace OpenNetVM.Dpdk.Interop;

/// <summary>An AF_XDP socket that a driver made in this process.</summary>
/// <param name="Descriptor">Its file descriptor.</param>
/// <param name="Identity">The kernel's name of it, with its inode: a later socket under the same descriptor has another.</param>
/// <remarks>
/// net_af_xdp of DPDK 22.11.11 does not close its sockets (it compares its count of users with one too many), and as long as such a socket is open, nobody else gets its
/// queue of the interface, and its memory stays pinned. So the sockets that appear while a queue is set up are remembered, and what is left of them when the
/// driver has closed the device is closed here.
/// </remarks>
internal readonly record struct XdpSocket(int Descriptor, string Identity)
{
    private const string Descriptors = "/proc/self/fd";
    private const int XdpFamily = 44;
    private static readonly Lock Gate = new();

    /// <summary>Calls a driver, one caller at a time, and adds the sockets that it made.</summary>
    internal static int Watch(Func<int> call, List<XdpSocket> made)
    {
        lock (Gate)
        {
            HashSet<XdpSocket> before = [.. All()];
            int result = call();
            made.AddRange(All().Where(socket => !before.Contains(socket)));
            return result;
        }
    }

    /// <summary>Closes it, if the driver has not.</summary>
    internal void CloseIfLeft()
    {
        if (IdentityOf(Descriptor) == Identity)
            _ = LibC.close(Descriptor);
    }

    private static List<XdpSocket> All()
    {
        List<XdpSocket> sockets = [];
        foreach (string path in Directory.EnumerateFileSystemEntries(Descriptors))
        {
            int descriptor = int.Parse(Path.GetFileName(path.AsSpan()), CultureInfo.InvariantCulture);
            if (IdentityOf(descriptor) is { } identity && LibC.SocketFamily(descriptor) == XdpFamily)
                sockets.Add(new XdpSocket(descriptor, identity));
        }

        return sockets;
    }

    // "socket:[4711]"; null for what is no socket, or was closed meanwhile.
    private static string? IdentityOf(int descriptor)
    {
        try
        {
            return new FileInfo(string.Create(CultureInfo.InvariantCulture, $"{Descriptors}/{descriptor}")).LinkTarget is { } target && target.StartsWith("socket:", StringComparison.Ordinal) ? target : null;
        }
        catch (IOException)
        {
            return null;
        }
    }
}
