using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace OpenNetVM.Dpdk.Interop;

/// <summary>
/// Makes threads that move packets known to DPDK, so that they have caches of the memory pools. DPDK has 128 places for threads and forgets none that ends
/// without saying so; here a thread says so as it ends, by a destructor of thread-specific data, which the system runs on the thread itself.
/// </summary>
/// <remarks>A thread for which there is no place works all the same, without a cache.</remarks>
internal static unsafe partial class RteThread
{
    [ThreadStatic]
    private static bool _known;

    private static readonly uint Key = MakeKey();

    /// <summary>Registers the calling thread, the first time.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void EnsureKnown()
    {
        if (!_known)
            Register();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Register()
    {
        _known = true;
        if (Key == uint.MaxValue || Rte.rte_thread_register() != 0)
            return;

        // Any value but null makes the system call the destructor.
        if (pthread_setspecific(Key, (void*)1) != 0)
            Rte.rte_thread_unregister();
    }

    // The destructor is DPDK's own function: no managed code may run as a thread ends.
    private static uint MakeKey() =>
        pthread_key_create(out uint key, (void*)DpdkLibrary.Instance.Symbol("rte_thread_unregister")) == 0 ? key : uint.MaxValue;

    [LibraryImport("libc")]
    private static partial int pthread_key_create(out uint key, void* destructor);

    [LibraryImport("libc")]
    private static partial int pthread_setspecific(uint key, void* value);
}
