using Microsoft.Extensions.Logging;
using OpenNetVM.Core.Captures;
using OpenNetVM.Core.NetworkFunctions;
using OpenNetVM.Core.Services;

namespace OpenNetVM.Core.Management;

/// <content>Instances: start, stop, pause, faults.</content>
public sealed partial class NfManager
{
    /// <summary>Starts another instance of a service; it has its share of the packets when this returns.</summary>
    /// <param name="service">The service.</param>
    /// <param name="worker">Name of the worker that runs it; null for the service's next.</param>
    /// <returns>The instance's id.</returns>
    /// <exception cref="KeyNotFoundException">There is no such service.</exception>
    /// <exception cref="ArgumentException">There is no such worker.</exception>
    /// <exception cref="InvalidOperationException">The platform is not running.</exception>
    /// <remarks>An exception of the function's OnStart comes through.</remarks>
    public InstanceId StartInstance(ServiceId service, string? worker = null)
    {
        NfRunner runner;
        lock (_control)
        {
            if (_state != ManagerState.Running)
                throw new InvalidOperationException($"Instances can be started while the platform is running; it is {_state}.");
            if (PlanOf(service).Factory is null)
                throw new InvalidOperationException($"{service} is provided by processes: use StartProcessAsync.");
            runner = MakeRunner(PlanOf(service), worker);
        }

        // Not under the lock: the function's OnStart runs on another thread and may call the manager itself.
        Activate([runner]);
        return runner.Instance.Id;
    }

    /// <summary>Stops an instance: it gets no new packets, handles those that it has, and is gone when the task ends.</summary>
    /// <exception cref="KeyNotFoundException">There is no such instance.</exception>
    public async Task StopInstanceAsync(InstanceId instance)
    {
        InstanceRunner runner = RunnerOf(instance);
        Task stopped = runner.Worker.Invoke(runner.BeginStop);
        if (_options.HandDriven)
            PollUntil(stopped);
        await stopped.ConfigureAwait(false);
        Retire(runner);
    }

    /// <summary>Makes an instance leave its packets alone until <see cref="Resume"/>. While others of its service run, they get the packets.</summary>
    /// <exception cref="KeyNotFoundException">There is no such instance.</exception>
    /// <exception cref="InvalidOperationException">It is not running.</exception>
    public void Pause(InstanceId instance) => Change(instance, InstanceState.Running, InstanceState.Paused);

    /// <summary>Lets a paused instance go on.</summary>
    /// <exception cref="KeyNotFoundException">There is no such instance.</exception>
    /// <exception cref="InvalidOperationException">It is not paused.</exception>
    public void Resume(InstanceId instance) => Change(instance, InstanceState.Paused, InstanceState.Running);

    private void StartInstances(ServicePlan plan, int count)
    {
        List<NfRunner> runners = [];
        for (int i = 0; i < count; i++)
            runners.Add(MakeRunner(plan, null));
        Activate(runners);
    }

    private NfRunner MakeRunner(ServicePlan plan, string? worker)
    {
        WorkerSlot slot = FindWorker(worker ?? plan.NextWorker());
        WorkerSlot transmitter = FindWorker(plan.Options.TransmitWorker);
        NfInstance instance = _plane.Services.AddInstance(plan.Service, plan.Options.RingCapacity ?? _plane.RingCapacity);
        NfRunner runner = new(_plane, slot.Executor, transmitter.Transmitter, instance, plan.Factory!, plan.Options.Restart, _options.MailboxCapacity);
        instance.Runner = runner;
        return runner;
    }

    // Starts the functions, then lets packets come: a packet never meets a function that has not started.
    private void Activate(List<NfRunner> runners)
    {
        if (runners.Count == 0)
            return;
        List<NfRunner> started = [];
        try
        {
            foreach (NfRunner runner in runners)
            {
                // In one visit: each may cost waking the worker, and waiting for it. While the instance starts, polling it does nothing.
                runner.Worker.Invoke(() =>
                {
                    runner.Start();
                    runner.Worker.Add(runner);
                });
                started.Add(runner);
            }
        }
        catch
        {
            foreach (NfRunner runner in runners)
                _plane.Services.SetState(runner.Instance, InstanceState.Stopped);
            foreach (NfRunner runner in started)
            {
                runner.Worker.Invoke(() =>
                {
                    runner.Worker.Remove(runner);
                    runner.Abandon();
                });
            }

            throw;
        }

        NfInstance[] instances = [.. runners.Select(static runner => runner.Instance)];
        runners[0].Transmitter.Worker.Invoke(() => runners[0].Transmitter.Add(instances));
        _plane.Services.SetState(instances, InstanceState.Running);
    }

    private static void Retire(InstanceRunner runner)
    {
        runner.Worker.Remove(runner);
        runner.Transmitter.Worker.Invoke(() => runner.Transmitter.Remove(runner.Instance));
    }

    private void Change(InstanceId id, InstanceState from, InstanceState to)
    {
        InstanceRunner runner = RunnerOf(id);
        InstanceState found = runner.Worker.Invoke(() =>
        {
            InstanceState state = runner.Instance.State;
            if (state == from)
                _plane.Services.SetState(runner.Instance, to);
            return state;
        });
        if (found != from)
            throw new InvalidOperationException($"{id} is {found}, not {from}, so it cannot become {to}.");
        runner.SetPaused(to == InstanceState.Paused);
    }

    private ServicePlan PlanOf(ServiceId service) => _plans.GetValueOrDefault(service)
        ?? throw new KeyNotFoundException($"There is no {service} in this platform. Add it first.");

    private InstanceRunner RunnerOf(InstanceId instance) => _plane.Services.FindInstance(instance)?.Runner
        ?? throw new KeyNotFoundException($"There is no {instance} in this platform; it may have stopped.");

    private void PollUntil(Task task)
    {
        for (int round = 0; !task.IsCompleted; round++)
        {
            // A process works by itself, and needs a moment.
            if (Poll() == 0 && _options.Processes is not null)
                Thread.Yield();
            if (round == 1_000_000)
                throw new InvalidOperationException("The instance still has packets after a million rounds: a port or another instance does not take them.");
        }
    }

    // On the thread of the instance's worker: what takes long is done elsewhere.
    private void ReportFault(NfFault fault)
    {
        if (_options.FaultCaptureFolder is { } folder && fault.Frames.Count > 0)
        {
            string file = Path.Combine(folder, FormattableString.Invariant($"fault-{fault.Time:yyyyMMdd-HHmmss-fffffff}-service{fault.Service.Value}-instance{fault.Instance.Value}.pcapng"));
            fault = fault with { CaptureFile = file };
            lock (_captures)
                _captures.Add(Task.Run(() => SaveFault(fault, file)));
        }

        _logger.LogError(
            fault.Exception,
            "{Instance} of {Service} faulted (fault {Count} in a row); restart: {RestartsAt}; packets: {CaptureFile}",
            fault.Instance,
            fault.Service,
            fault.Count,
            fault.RestartsAt,
            fault.CaptureFile ?? "not saved");
        InstanceFaulted?.Invoke(fault);
    }

    private void SaveFault(NfFault fault, string file)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            using CaptureWriter writer = CaptureWriter.CreateFile(file);
            long timestamp = (fault.Time - DateTimeOffset.UnixEpoch).Ticks * 100;
            foreach (byte[] frame in fault.Frames)
                writer.Write(frame, timestamp, frame.Length);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            _logger.LogError(exception, "The packets at which {Instance} faulted could not be saved to {File}", fault.Instance, file);
        }
    }
}
