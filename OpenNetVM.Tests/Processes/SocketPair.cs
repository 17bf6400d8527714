using System.Net.Sockets;

namespace OpenNetVM.Tests.Processes;

/// <summary>Two Unix domain stream sockets that are connected with each other.</summary>
internal sealed class SocketPair : IDisposable
{
    public SocketPair()
    {
        string path = Path.Combine(Path.GetTempPath(), $"onvm-{Guid.NewGuid():N}");
        using Socket listener = New();
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen(1);
        First = New();
        First.Connect(new UnixDomainSocketEndPoint(path));
        Second = listener.Accept();
    }

    public Socket First { get; }

    public Socket Second { get; }

    public static Socket New() => new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    public void Dispose()
    {
        First.Dispose();
        Second.Dispose();
    }
}
