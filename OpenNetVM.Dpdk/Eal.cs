using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OpenNetVM.Dpdk.Interop;
using OpenNetVM.Dpdk.Memory;

namespace OpenNetVM.Dpdk;

/// <summary>Safe from any thread: DPDK's environment (EAL), of which a process has one, from its start to the end of the process.</summary>
/// <remarks>
/// DPDK keeps its state in global variables: it can be started once in a process, and not again after a failed start. It is started on a thread of its own, because it
/// binds the thread that starts it to one core; neither the caller nor any other thread of the application is bound. It prints nothing: its log goes to an
/// <see cref="ILogger"/>.
/// </remarks>
public sealed class Eal
{
    private const int MaskWords = 128;
    private const int QuotedLines = 12;

    private static readonly Lock Gate = new();
    private static volatile Eal? _current;
    private static DpdkException? _failure;

    private readonly HashSet<string> _claimed = new(StringComparer.Ordinal);
    private readonly DpdkLog _log;

    private Eal(DpdkLibrary library, DpdkLog log)
    {
        _log = log;
        Library = library;
        Abi = library.Abi;
        Version = library.Version;
        UsesHugePages = Rte.rte_eal_has_hugepages() != 0;
        IovaMode = Rte.rte_eal_iova_mode() switch
        {
            1 => IovaMode.Physical,
            2 => IovaMode.Virtual,
            _ => IovaMode.Automatic,
        };
        Mempools = new PacketMempools(IovaMode == IovaMode.Virtual);
    }

    /// <summary>What <see cref="Start"/> has started in this process; null before.</summary>
    public static Eal? Current => _current;

    /// <summary>The ABI number of the DPDK that runs: 23 for DPDK 22.11.</summary>
    public int Abi { get; }

    /// <summary>What DPDK calls itself, for example "DPDK 22.11.11".</summary>
    public string Version { get; }

    /// <summary>What devices are given as addresses: never what was asked for, always what it has become.</summary>
    public IovaMode IovaMode { get; }

    /// <summary>True if DPDK's memory is of huge pages.</summary>
    public bool UsesHugePages { get; }

    internal DpdkLibrary Library { get; }

    /// <summary>The packet pools that ports use.</summary>
    internal PacketMempools Mempools { get; }

    /// <summary>Starts DPDK, once in the life of a process. Blocks for some tenths of a second.</summary>
    /// <param name="options">How; null for the defaults.</param>
    /// <param name="logger">Gets DPDK's log lines for the rest of the process's life, on a thread of its own; null to drop them.</param>
    /// <exception cref="InvalidOperationException">DPDK was started in this process before: with success, and then it is in <see cref="Current"/>, or without.</exception>
    /// <exception cref="ArgumentException">An option cannot be met. A start with other options is possible.</exception>
    /// <exception cref="DpdkException">
    /// DPDK is not installed, has an unknown ABI, or could not be started; the message says what to do, and whether this process can try again. If a virtual device
    /// could not be added, DPDK runs without it and those named after it, and is in <see cref="Current"/>.
    /// </exception>
    public static Eal Start(EalOptions? options = null, ILogger? logger = null)
    {
        options ??= new EalOptions();
        logger ??= NullLogger.Instance;
        lock (Gate)
        {
            if (_current is { } current)
                throw new InvalidOperationException($"{current.Version} was already started in this process, and a process can start it once: use Eal.Current.");
            if (_failure is { } failure)
                throw new InvalidOperationException($"DPDK was to be started in this process before and could not be: it cannot be tried again. Start the process again. What failed then: {failure.Message}", failure);

            DpdkLibrary library = DpdkLibrary.Instance;
            List<string> arguments = EalArguments.Build(options, EalArguments.FreeHugePages(), out string? remark);
            (string Name, string Arguments)[] devices = [.. options.VirtualDevices.Select(EalArguments.SplitDevice)];
            LayoutCheck.ThrowIfWrong(LayoutCheck.BurstTable(library, library.Layout), library, library.Layout);
            if (remark is not null)
                logger.LogWarning("{Remark}", remark);
            DpdkLog log = new(logger);
            logger.LogInformation("{Version} (ABI {Abi}) is started with {Arguments}", library.Version, library.Abi, string.Join(' ', arguments.Skip(1)));
            try
            {
                Initialize(log, arguments);
                LayoutCheck.ThrowIfWrong(LayoutCheck.Running(library, library.Layout), library, library.Layout);
                MempoolOps.Register();
            }
            catch (DpdkException exception)
            {
                _failure = exception;
                throw;
            }

            Eal started = new(library, log);
            _current = started;
            foreach ((string name, string deviceArguments) in devices)
                AddAtStart(started, name, deviceArguments);
            return started;
        }
    }

    /// <summary>Makes a device one port's.</summary>
    /// <exception cref="InvalidOperationException">It is another port's.</exception>
    internal void Claim(string device)
    {
        lock (_claimed)
        {
            if (!_claimed.Add(device))
                throw new InvalidOperationException($"Device '{device}' is open as a port already. A device is one port's at a time: stop that port first, or use another device.");
        }
    }

    /// <summary>Ends it.</summary>
    internal void Release(string device)
    {
        lock (_claimed)
            _claimed.Remove(device);
    }

    /// <summary>Adds a device while DPDK runs.</summary>
    /// <param name="bus">"vdev" or "pci".</param>
    /// <param name="name">The device's name: the driver's and a number ("net_tap0"), or a PCI address.</param>
    /// <param name="arguments">What the driver wants to know ("iface=tap0"); may be empty.</param>
    /// <exception cref="DpdkException">DPDK refused; the message has its reasons.</exception>
    internal void Hotplug(string bus, string name, string arguments)
    {
        int result = Captured(() => Rte.rte_eal_hotplug_add(bus, name, arguments), out string[] lines);
        if (result < 0)
            throw EalFailure.OfPlugging("rte_eal_hotplug_add", bus, name, arguments, result, lines);
    }

    /// <summary>Removes a device; its ports must be stopped and closed.</summary>
    /// <exception cref="DpdkException">DPDK refused; the message has its reasons.</exception>
    internal void Unplug(string bus, string name)
    {
        int result = Captured(() => Rte.rte_eal_hotplug_remove(bus, name), out string[] lines);
        if (result < 0)
            throw EalFailure.OfPlugging("rte_eal_hotplug_remove", bus, name, "", result, lines);
    }

    /// <summary>Calls DPDK with the C library's stdout and stderr going to the log; if it fails, with what it logged meanwhile.</summary>
    internal int Captured(Func<int> call, out string[] lines) => Captured(_log, call, out lines);

    private static int Captured(DpdkLog log, Func<int> call, out string[] lines)
    {
        log.ForgetLines();
        NativeOutput.Redirect(log.File);
        int result;
        try
        {
            result = call();
        }
        finally
        {
            NativeOutput.Restore();
        }

        log.Drain();
        lines = result < 0 ? log.LastLines(QuotedLines) : [];
        return result;
    }

    private static void AddAtStart(Eal eal, string name, string arguments)
    {
        try
        {
            eal.Hotplug("vdev", name, arguments);
        }
        catch (DpdkException exception)
        {
            throw new DpdkException(exception.Operation, exception.ErrorCode, $"{exception.Message}\nDPDK itself runs, in Eal.Current.", exception);
        }
    }

    private static void Initialize(DpdkLog log, List<string> arguments)
    {
        _ = Rte.rte_openlog_stream(log.File);
        int error = 0;
        int result = Captured(log, () => RunOnThreadOfItsOwn(arguments, out error), out string[] lines);
        if (result < 0)
            throw EalFailure.OfStart(error, lines);
    }

    private static unsafe int RunOnThreadOfItsOwn(List<string> arguments, out int error)
    {
        int result = -1;
        int errno = 0;
        Thread thread = new(() =>
        {
            // DPDK keeps pointers into its arguments: they are never freed.
            byte** argv = (byte**)NativeMemory.AllocZeroed((nuint)(arguments.Count + 1), (nuint)sizeof(byte*));
            for (int i = 0; i < arguments.Count; i++)
                argv[i] = (byte*)Marshal.StringToCoTaskMemUTF8(arguments[i]);
            // Threads that the runtime happens to start from this one would inherit its core.
            ulong* mask = stackalloc ulong[MaskWords];
            int size = LibC.sched_getaffinity(0, MaskWords * sizeof(ulong), mask);
            result = Rte.rte_eal_init(arguments.Count, argv);
            if (size > 0)
                _ = LibC.sched_setaffinity(0, (nuint)size, mask);
            errno = Rte.Errno();
        })
        {
            IsBackground = true,
            Name = "DPDK start",
        };
        thread.Start();
        thread.Join();
        error = result < 0 ? errno : 0;
        return result;
    }
}
