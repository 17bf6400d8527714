using System.Runtime.InteropServices;
using static OpenNetVM.Core.Processes.Interop.LinuxNative;

namespace OpenNetVM.Core.Processes.Interop;

/// <summary>
/// Waiting for a word of shared memory to change, without spinning, between threads of any processes that map it (futex(2), the shared kind).
/// Any thread may call.
/// </summary>
/// <remarks>
/// A wait ends without reason now and then, and a hostile process that maps the word can wake or not wake as it likes: always look at the
/// word again, and give a time limit where the waker is not trusted.
/// </remarks>
internal static unsafe class Futex
{
    /// <summary>Sleeps while <paramref name="word"/> holds <paramref name="expected"/>, until woken, interrupted, or the time is over. The compare and the sleep are one step.</summary>
    /// <param name="word">A word on a multiple of 4 bytes, in memory that stays mapped.</param>
    /// <param name="expected">The value at which there is reason to sleep.</param>
    /// <param name="milliseconds">The longest sleep; -1 for no limit.</param>
    /// <exception cref="InvalidOperationException">The word is not mapped, or not on a multiple of 4 bytes.</exception>
    public static void Wait(uint* word, uint expected, int milliseconds)
    {
        ThrowIfUnsupported();
        TimeSpec limit = new() { Seconds = milliseconds / 1000, Nanoseconds = milliseconds % 1000 * 1_000_000L };
        if (futex(FutexNumber, word, FutexWait, expected, milliseconds < 0 ? null : &limit, null, 0) >= 0)
            return;
        if (Marshal.GetLastPInvokeError() is not (ErrorAgain or ErrorInterrupted or ErrorTimedOut))
            throw new InvalidOperationException($"futex could not wait at address 0x{(nint)word:x} ({DescribeLastError()}).");
    }

    /// <summary>Wakes threads that sleep at a word. The word is to be changed first.</summary>
    /// <param name="word">The word they sleep at.</param>
    /// <param name="count">The most threads to wake.</param>
    /// <returns>How many were woken.</returns>
    /// <exception cref="InvalidOperationException">The word is not mapped, or not on a multiple of 4 bytes.</exception>
    public static int Wake(uint* word, int count)
    {
        ThrowIfUnsupported();
        long woken = futex(FutexNumber, word, FutexWake, count, null, null, 0);
        if (woken < 0)
            throw new InvalidOperationException($"futex could not wake at address 0x{(nint)word:x} ({DescribeLastError()}).");
        return (int)woken;
    }
}
