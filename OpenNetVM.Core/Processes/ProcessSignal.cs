using System.Runtime.InteropServices;

namespace OpenNetVM.Core.Processes;

/// <summary>kill(2), for processes that this one did not start itself.</summary>
internal static partial class ProcessSignal
{
    private const int Kill = 9;
    private const int NoSuchProcess = 3;

    /// <summary>Ends a process at once. True also if there is none any more.</summary>
    internal static bool TryKill(int processId, out string? error)
    {
        error = null;
        if (processId <= 1)
        {
            error = $"its number, {processId}, is not known here";
            return false;
        }

        if (Send(processId, Kill) == 0 || Marshal.GetLastPInvokeError() == NoSuchProcess)
            return true;
        error = Marshal.GetLastPInvokeErrorMessage();
        return false;
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Send(int processId, int signal);
}
