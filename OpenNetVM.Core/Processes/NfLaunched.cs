using System.ComponentModel;
using System.Diagnostics;
using OpenNetVM.Core.Services;

namespace OpenNetVM.Core.Processes;

/// <summary>A process that the manager has started, from its start to its end.</summary>
internal sealed class NfLaunched : IDisposable
{
    private readonly Process _process;
    private readonly TaskCompletionSource<InstanceId> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private NfLaunched(Process process) => _process = process;

    /// <summary>Ends when the process has registered and is ready, or fails.</summary>
    internal Task<InstanceId> Ready => _ready.Task;

    /// <exception cref="InvalidOperationException">The program could not be started.</exception>
    internal static NfLaunched Start(ProcessStartInfo start, string service)
    {
        try
        {
            Process process = Process.Start(start) ?? throw new InvalidOperationException($"Starting \"{start.FileName}\" for service \"{service}\" gave no process: ProcessStartInfo.UseShellExecute must be false.");
            NfLaunched launched = new(process);
            process.EnableRaisingEvents = true;
            process.Exited += (_, _) => launched.Fail($"\"{start.FileName}\" ended with code {process.ExitCode} before it registered for service \"{service}\".");
            if (process.HasExited)
                launched.Fail($"\"{start.FileName}\" ended with code {process.ExitCode} before it registered for service \"{service}\".");
            return launched;
        }
        catch (Win32Exception exception)
        {
            throw new InvalidOperationException($"\"{start.FileName}\" could not be started for service \"{service}\": {exception.Message}.", exception);
        }
    }

    internal void SetReady(InstanceId instance) => _ready.TrySetResult(instance);

    internal void Fail(string reason) => _ready.TrySetException(new InvalidOperationException(reason));

    /// <summary>Ends the process and those that it started.</summary>
    internal void Kill()
    {
        try
        {
            _process.Kill(entireProcessTree: true);
        }
        catch (Exception exception) when (exception is InvalidOperationException or Win32Exception)
        {
            // It has ended already.
        }
    }

    /// <summary>Waits for the end of the process, which was told to stop.</summary>
    internal async Task WaitForExitAsync(TimeSpan timeout)
    {
        try
        {
            await _process.WaitForExitAsync().WaitAsync(timeout).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            Kill();
        }
    }

    public void Dispose() => _process.Dispose();
}
