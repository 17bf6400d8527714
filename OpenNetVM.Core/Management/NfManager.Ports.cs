using Microsoft.Extensions.Logging;
using OpenNetVM.Core.Dataplane;
using OpenNetVM.Core.Ports;

namespace OpenNetVM.Core.Management;

// Ports that come and go.
public sealed partial class NfManager
{
    /// <summary>Adds a port; if the platform runs, the port is started, and packets come in at once.</summary>
    /// <param name="port">The port; the platform disposes it.</param>
    /// <param name="workers">The workers that poll its receive queues, in turn; none for the first worker.</param>
    /// <returns>The port's id. Ids are not used again.</returns>
    /// <exception cref="ArgumentException">The port is in use already, its name is another port's, or there is no such worker.</exception>
    /// <exception cref="InvalidOperationException">The platform stops or was stopped.</exception>
    /// <remarks>An exception of the port's Start comes through; the port is then not the platform's.</remarks>
    public PortId AddPort(IPort port, params IReadOnlyList<string> workers)
    {
        ArgumentNullException.ThrowIfNull(port);
        ArgumentNullException.ThrowIfNull(workers);
        lock (_control)
        {
            if (_state is not (ManagerState.Built or ManagerState.Running))
                throw new InvalidOperationException($"Port \"{port.Info.Name}\" cannot be added: the platform is {_state}.");
            NewPorts.Check(port, _plane.Ports.ToArray().Where(static other => !other.IsRemoved).Select(static other => other.Info.Name));

            foreach (string worker in workers)
                _ = FindWorker(worker);

            PortEntry entry = _plane.NewPort(port);
            if (_state == ManagerState.Running)
                StartPort(entry);
            _plane.AddPort(entry);
            AddReceivers(entry, workers);
            _logger.LogInformation("Port {Port} was added as {Id}", entry.Info.Name, entry.Id);
            return entry.Id;
        }
    }

    /// <summary>
    /// Removes a port while the platform runs: nothing more is received from it, packets that wait for it are offered once more and otherwise dropped and
    /// counted, as is what functions send to it later. The port is stopped and disposed; its counters stay in the statistics.
    /// </summary>
    /// <exception cref="KeyNotFoundException">There is no such port, or it was removed.</exception>
    /// <exception cref="InvalidOperationException">A chain ends with the port, or the platform does not run.</exception>
    public void RemovePort(PortId port)
    {
        lock (_control)
        {
            if (_state is not (ManagerState.Built or ManagerState.Running))
                throw new InvalidOperationException($"{port} cannot be removed: the platform is {_state}.");
            if (_plane.FindPort(port) is null)
                throw new KeyNotFoundException($"There is no {port} in this platform; it may have been removed.");
            PortEntry entry = _plane.Ports[port.Value];

            // From here on no chain can come to end with it.
            entry.IsRemoved = true;
            if (_plane.Chains.EndingWith(port) is { Count: > 0 } chains)
            {
                entry.IsRemoved = false;
                throw new InvalidOperationException($"{port} (\"{entry.Info.Name}\") cannot be removed: {string.Join(", ", chains)} end with it. Replace or remove them first.");
            }

            foreach (WorkerSlot slot in _workers)
            {
                foreach (RxPoller receiver in slot.TakeReceivers(entry))
                    slot.Worker.Remove(receiver);
            }

            // When a worker has done this, it uses the port no more.
            foreach (WorkerSlot slot in _workers)
                slot.Worker.Invoke(() => slot.Executor.Close(entry));
            _plane.CountWaitingSources();
            entry.Port.Stop();
            entry.Port.Dispose();
            _logger.LogInformation("Port {Port} was removed", entry.Info.Name);
        }
    }

    private void StartPort(PortEntry entry) =>
        entry.Port.Start(new PortContext(entry.Id, _plane.Pool, _options.Time, _options.Loggers.CreateLogger($"Port.{entry.Info.Name}"), queue => WakeReceiver(entry, queue)));

    private void AddReceivers(PortEntry port, IReadOnlyList<string> workers)
    {
        for (int queue = 0; queue < port.Info.ReceiveQueues; queue++)
        {
            WorkerSlot slot = workers.Count == 0 ? _workers[0] : FindWorker(workers[queue % workers.Count]);
            RxPoller receiver = new(_plane, slot.Executor, port, queue);
            slot.AddReceiver(receiver);
            slot.Worker.Add(receiver);
        }
    }

    private WorkerSlot FindWorker(string? name) => name is null ? _workers[0] : _workers.Find(slot => slot.Worker.Name == name)
        ?? throw new ArgumentException($"There is no worker \"{name}\" in this platform, only {string.Join(", ", _workers.Select(static slot => $"\"{slot.Worker.Name}\""))}.", nameof(name));

    // A packet that arrives at an empty queue wakes the worker that polls it.
    private void WakeReceiver(PortEntry port, int queue)
    {
        foreach (WorkerSlot slot in _workers)
        {
            if (!slot.Worker.CanSleep || !slot.Serves(port, queue))
                continue;
            Interlocked.MemoryBarrier();
            slot.Worker.Wake();
        }
    }
}
