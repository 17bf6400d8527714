using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.InteropServices;

namespace OpenNetVM.Dpdk.Interop;

/// <summary>Safe from any thread: the shared libraries of the DPDK that is installed, all of one ABI. Loading them starts nothing.</summary>
internal sealed class DpdkLibrary
{
    private const int OldestLooked = 20;
    private const int NewestLooked = 40;

    /// <summary>Loaded at once; a symbol is looked for in each. Since 23.11 some of what was in the EAL is in rte_log.</summary>
    private static readonly string[] Needed = [RteLibraries.Eal, RteLibraries.Ethdev, RteLibraries.Mempool, RteLibraries.Mbuf, RteLibraries.Ring];

    private static readonly Lazy<DpdkLibrary> Loaded = new(() => Load(TryLoad), LazyThreadSafetyMode.PublicationOnly);

    private readonly Func<string, nint> _tryLoad;
    private readonly ConcurrentDictionary<string, nint> _handles = new(StringComparer.Ordinal);

    private DpdkLibrary(int abi, Func<string, nint> tryLoad)
    {
        Abi = abi;
        _tryLoad = tryLoad;
        Layout = DpdkLayout.For(abi);
    }

    /// <summary>The libraries of this process, loaded at the first use.</summary>
    /// <exception cref="DpdkException">None is installed, or none of a known ABI; the message says what to install.</exception>
    public static DpdkLibrary Instance => Loaded.Value;

    /// <summary>The number in the file names: 23 for DPDK 22.11.</summary>
    public int Abi { get; }

    /// <summary>What the library calls itself, for example "DPDK 22.11.11".</summary>
    public string Version { get; private set; } = "DPDK of unknown version";

    public DpdkLayout Layout { get; }

    /// <inheritdoc cref="Instance"/>
    public static DpdkLibrary Load() => Instance;

    /// <summary>Loads by a function that gives a handle for a file name such as librte_eal.so.23, or 0.</summary>
    internal static DpdkLibrary Load(Func<string, nint> tryLoad)
    {
        if (!OperatingSystem.IsLinux())
            throw new DpdkException("load", "DPDK ports need Linux. Everything else of OpenNetVM works here.");
        for (int abi = DpdkLayout.NewestAbi; abi >= DpdkLayout.OldestAbi; abi--)
        {
            if (tryLoad(FileName(RteLibraries.Eal, abi)) == 0)
                continue;
            DpdkLibrary library = new(abi, tryLoad);
            foreach (string name in Needed)
                library.Handle(name);
            library._handles[RteLibraries.Log] = tryLoad(FileName(RteLibraries.Log, abi)) is var log and not 0 ? log : library.Handle(RteLibraries.Eal);
            library.ReadVersion();
            return library;
        }

        throw NothingKnown(tryLoad);
    }

    /// <summary>The handle of one library, by its name in <see cref="RteLibraries"/>.</summary>
    /// <exception cref="DpdkException">It is not installed; the message names the package.</exception>
    public nint Handle(string name)
    {
        if (_handles.TryGetValue(name, out nint handle))
            return handle;
        handle = _tryLoad(FileName(name, Abi));
        if (handle == 0)
            throw new DpdkException("load", $"{FileName(name, Abi)} was not found, although DPDK with ABI {DpdkLayout.Describe(Abi)} is installed. On Debian and Ubuntu: apt-get install {PackageOf(name, Abi)}.");
        return _handles.GetOrAdd(name, handle);
    }

    /// <summary>The address of an exported function or variable, wherever it is. For a variable of a thread: the calling thread's.</summary>
    /// <exception cref="DpdkException">No loaded library exports it.</exception>
    public nint Symbol(string name) => TrySymbol(name, out nint address)
        ? address
        : throw new DpdkException(name, $"The installed {Version} (ABI {Abi}) does not export {name}, which OpenNetVM needs. Install the DPDK libraries of your distribution again, all of one version.");

    /// <summary>The same, for what not every version has.</summary>
    public bool TrySymbol(string name, out nint address)
    {
        foreach (nint handle in _handles.Values)
        {
            if (NativeLibrary.TryGetExport(handle, name, out address))
                return true;
        }

        address = 0;
        return false;
    }

    /// <summary>The Debian package of a library: librte-net-ring23, and librte-mempool-octeontx2-23 where the name ends in a digit.</summary>
    internal static string PackageOf(string library, int abi) =>
        string.Create(CultureInfo.InvariantCulture, $"lib{library.Replace('_', '-')}{(char.IsDigit(library[^1]) ? "-" : "")}{abi}");

    private static string FileName(string library, int abi) => string.Create(CultureInfo.InvariantCulture, $"lib{library}.so.{abi}");

    private static nint TryLoad(string file) => NativeLibrary.TryLoad(file, out nint handle) ? handle : 0;

    private static DpdkException NothingKnown(Func<string, nint> tryLoad)
    {
        for (int abi = NewestLooked; abi >= OldestLooked; abi--)
        {
            if (!DpdkLayout.IsKnown(abi) && tryLoad(FileName(RteLibraries.Eal, abi)) != 0)
            {
                return new DpdkException("load",
                    $"The installed DPDK has ABI {DpdkLayout.Describe(abi)}; this version of OpenNetVM knows {DpdkLayout.KnownAbis}. Install one of those beside it, or a newer OpenNetVM.");
            }
        }

        return new DpdkException("load", DpdkInstallation.NotInstalled);
    }

    private unsafe void ReadVersion()
    {
        if (TrySymbol("rte_version", out nint function))
            Version = Marshal.PtrToStringUTF8(((delegate* unmanaged<nint>)function)()) ?? Version;
    }
}
