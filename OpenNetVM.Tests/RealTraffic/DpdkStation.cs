using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.RealTraffic;

/// <summary>What tests of a DPDK port on one interface need: a namespace for the platform, another for who talks to it, and DPDK. A test connects them as it likes.</summary>
public abstract class DpdkStation : IDisposable
{
    private protected const string Station = "eth0";
    private protected const string Interface = "port0";
    private protected static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    private protected readonly NetworkNamespace _platform;
    private protected readonly NetworkNamespace _station;

    private protected DpdkStation()
    {
        NetworkNamespace.Require();
        DpdkEal.Get();
        _platform = NetworkNamespace.Create();
        _station = NetworkNamespace.Create();
    }

    public void Dispose()
    {
        _station.Dispose();
        _platform.Dispose();
        GC.SuppressFinalize(this);
    }
}
