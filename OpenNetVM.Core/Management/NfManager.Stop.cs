using Microsoft.Extensions.Logging;
using OpenNetVM.Core.Diagnostics;
using OpenNetVM.Core.Memory;
using OpenNetVM.Core.Packets;
using OpenNetVM.Core.Ports;
using OpenNetVM.Core.Services;

namespace OpenNetVM.Core.Management;

/// <content>Stopping without loss.</content>
public sealed partial class NfManager
{
    private readonly List<Task> _captures = [];
    private Task? _stopping;
    private bool _disposed;
    private PlatformStatistics? _lastStatistics;

    /// <summary>
    /// Stops the platform: receives no more, works off what is under way, stops the functions, the workers and the ports. What could not be worked
    /// off within <see cref="NfManagerOptions.StopTimeout"/> is dropped and counted. Idempotent.
    /// </summary>
    public Task StopAsync()
    {
        lock (_control)
            return _stopping ??= StopOnceAsync();
    }

    /// <summary>Stops the platform if it runs, then disposes the ports and frees the memory. Packets and pools of it must not be touched any more.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopAsync().ConfigureAwait(false);
        lock (_control)
        {
            if (_disposed)
                return;
            _lastStatistics = CollectStatistics();
            _disposed = true;
        }

        Abandon();
    }

    /// <summary>Frees everything of a platform that has not started or has stopped.</summary>
    internal void Abandon()
    {
        foreach (WorkerSlot slot in _workers)
            slot.Worker.Dispose();
        foreach (PortEntry entry in _plane.Ports)
            entry.Port.Dispose();
        foreach (Service service in _plane.Services.AllServices())
            service.Pinning?.Dispose();
        _plane.Dispose();
    }

    private async Task StopOnceAsync()
    {
        bool wasRunning = _state == ManagerState.Running;
        if (!wasRunning)
        {
            _state = ManagerState.Stopped;
            return;
        }

        _state = ManagerState.Stopping;
        long begin = _options.Time.GetTimestamp();

        // Off the caller's lock from here on, and off its thread unless that is what drives the platform.
        if (!_options.HandDriven)
            await Task.Yield();

        foreach (WorkerSlot slot in _workers)
            slot.Worker.Invoke(slot.DisableReceivers);
        await WaitAsync(begin, () => _plane.PacketsUnderWay == 0).ConfigureAwait(false);

        List<Task> stopped = [];
        foreach (NfInstance instance in _plane.Services.AllInstances())
        {
            if (instance.Runner is { } runner)
                stopped.Add(runner.Worker.Invoke(runner.BeginStop));
        }

        Task all = Task.WhenAll(stopped);
        await WaitAsync(begin, () => all.IsCompleted && _plane.PacketsUnderWay == 0).ConfigureAwait(false);
        Task closed = CloseSocketsAsync();
        await WaitAsync(begin, () => closed.IsCompleted).ConfigureAwait(false);

        foreach (WorkerSlot slot in _workers)
            slot.Worker.Stop();
        DiscardWhatIsLeft();
        await closed.ConfigureAwait(false);
        Task[] captures;
        lock (_captures)
            captures = [.. _captures];
        await Task.WhenAll(captures).ConfigureAwait(false);
        lock (_control)
            _state = ManagerState.Stopped;
        _logger.LogInformation("Platform stopped: {Conservation}", CollectStatistics().ConservationLine);
    }

    private async Task WaitAsync(long begin, Func<bool> done)
    {
        int idleRounds = 0;
        while (!done() && idleRounds < 1_000)
        {
            if (_options.HandDriven)
            {
                // Nobody else can move anything: rounds without work mean that waiting is of no use.
                idleRounds = Poll() == 0 ? idleRounds + 1 : 0;

                // But a process can, which needs a moment.
                if (idleRounds > 0 && _options.Processes is not null)
                    await Task.Delay(1).ConfigureAwait(false);
            }
            else if (TimeProvider.System.GetElapsedTime(begin) is var elapsed && elapsed < _options.StopTimeout)
            {
                await Task.Delay(1).ConfigureAwait(false);
            }
            else
            {
                _logger.LogWarning("{Packets} packets were still under way after {Elapsed}; they are dropped", _plane.PacketsUnderWay, elapsed);
                return;
            }
        }
    }

    // No worker runs any more: every buffer that is not in the pool belongs to a packet that got stuck.
    private void DiscardWhatIsLeft()
    {
        foreach (PortEntry entry in _plane.Ports)
        {
            entry.Port.Stop();
            foreach (PortOutput output in entry.Outputs)
                output.TakeAll();
        }

        for (uint i = 0; i < _plane.Pool.IndexLimit; i++)
        {
            uint owner = _plane.Pool.OwnerOf(i);
            if (owner is BufferOwner.Free or BufferOwner.Device)
                continue;
            if (!_plane.Pool.TryTakeBackEmpty(i))
                _workers[0].Executor.Discard(new PacketDescriptor { BufferIndex = i });
        }

        foreach (NfInstance instance in _plane.Services.AllInstances())
        {
            _plane.Services.SetState(instance, InstanceState.Stopped);
            instance.Remote?.Abandon();
        }
    }
}
