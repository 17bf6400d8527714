using OpenNetVM.Core.Memory;
using OpenNetVM.Core.Processes;

namespace OpenNetVM.Benchmarks.Processes;

/// <summary>A folder for the sockets of one platform, removed when disposed.</summary>
internal sealed class SocketFolder : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("opennetvm-").FullName;

    /// <summary>Where processes reach the platform. Packets are in huge pages where those are free, as they are without processes: the functions are the benchmarks' own.</summary>
    internal ProcessOptions Options => new()
    {
        Folder = _folder,
        Default = new SecurityDomainOptions { Name = "default", HugePages = HugePagePolicy.Preferred },
    };

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
