using System.Diagnostics;
using Microsoft.Extensions.Logging;
using OpenNetVM.Core.NetworkFunctions;
using OpenNetVM.Core.Processes;
using OpenNetVM.Core.Processes.Control;
using OpenNetVM.Core.Processes.Interop;
using OpenNetVM.Core.Services;

namespace OpenNetVM.Core.Management;

/// <content>Instances in other processes: their registration, their end, and starting them (paper, "NFs as processes and containers").</content>
public sealed partial class NfManager
{
    // What a process may still do when it has said that it has stopped, before it is killed.
    private static readonly TimeSpan MostFarewell = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _closing = new();
    private readonly Dictionary<Guid, NfLaunched> _launches = [];
    private readonly HashSet<NfLaunched> _launched = [];
    private readonly List<ControlListener> _listeners = [];
    private ControlDirectory? _folder;
    private DoorbellRelay? _relay;

    /// <summary>Called when a network function asks for another number of instances of its service; on a thread of that instance's, so be quick: start or stop them elsewhere.</summary>
    public event Action<InstanceRequest>? InstancesRequested;

    /// <summary>Starts a process that provides a service, as <see cref="ProcessServiceOptions.Launch"/> says; it has its share of the packets when the task ends.</summary>
    /// <returns>The id of the instance that it registered as.</returns>
    /// <exception cref="KeyNotFoundException">There is no such service.</exception>
    /// <exception cref="InvalidOperationException">
    /// The platform is not running, the service starts no processes, the program could not be started, or it ended before it was ready.
    /// </exception>
    /// <exception cref="TimeoutException">It was not ready within <see cref="ProcessServiceOptions.StartTimeout"/>, and was killed.</exception>
    public async Task<InstanceId> StartProcessAsync(ServiceId service)
    {
        ServicePlan plan;
        lock (_control)
        {
            if (_state != ManagerState.Running)
                throw new InvalidOperationException($"Processes can be started while the platform is running; it is {_state}.");
            plan = PlanOf(service);
        }

        return await LaunchAsync(plan).ConfigureAwait(false);
    }

    /// <exception cref="ArgumentException">A service says processes where the platform has no place for them, or nothing of how it is provided.</exception>
    internal static void CheckProcesses(string service, Func<NetworkFunction>? factory, ServiceOptions options, ProcessOptions? processes)
    {
        if (factory is null && options.Processes is null)
            throw new ArgumentException($"Service \"{service}\" has neither a factory nor ServiceOptions.Processes, so nothing can provide it.");
        if (processes is null && (options.Processes is not null || options.Domain is not null))
            throw new ArgumentException($"Service \"{service}\" names processes or a security domain, but the platform has none. Set NfManagerOptions.Processes.");
        options.Processes?.Validate(service);
        processes?.NumberOf(options.Domain);
    }

    // All at once: they need not wait for one another.
    private void StartProcesses()
    {
        List<Task> starts = [];
        foreach (ServicePlan plan in _plans.Values)
        {
            for (int i = 0; plan.Factory is null && plan.Options.Processes!.Launch is not null && i < plan.Options.Instances; i++)
                starts.Add(LaunchAsync(plan));
        }

        Task.WhenAll(starts).GetAwaiter().GetResult();
    }

    private bool Request(NfInstance instance, int instances)
    {
        if (InstancesRequested is not { } listener)
            return false;
        listener(new InstanceRequest(instance.Id, instance.Service.Id, instances));
        return true;
    }

    // Before anything can connect, everything is there that a connection needs.
    private void OpenSockets()
    {
        if (_options.Processes is not { } processes)
            return;
        _relay = new DoorbellRelay();
        _folder = ControlDirectory.Open(processes.Folder, _logger);
        foreach (SecurityDomainOptions domain in processes.All)
        {
            _listeners.Add(new ControlListener(new ControlListenerOptions
            {
                Directory = _folder,
                Domain = domain.Name,
                GroupId = domain.Group,
                AllowedUsers = domain.Users,
                MaxConnections = processes.MaxConnections,
                Logger = _options.Loggers.CreateLogger($"{nameof(ControlListener)}.{domain.Name}"),
                Serve = (channel, credentials, register, cancellation) => ServeAsync(domain.Name, channel, credentials, register, cancellation),
            }));
        }
    }

    // What was started and has not stopped when it was told to is killed.
    private async Task CloseSocketsAsync()
    {
        await _closing.CancelAsync().ConfigureAwait(false);
        foreach (ControlListener listener in _listeners)
            await listener.DisposeAsync().ConfigureAwait(false);
        NfLaunched[] launched;
        lock (_launches)
            launched = [.. _launched];
        foreach (NfLaunched process in launched)
            await process.WaitForExitAsync(TimeSpan.FromSeconds(1)).ConfigureAwait(false);
        _folder?.Dispose();
        _relay?.Dispose();
    }

    private async Task<InstanceId> LaunchAsync(ServicePlan plan)
    {
        string name = plan.Service.Name;
        if (plan.Options.Processes?.Launch is not { } launch)
            throw new InvalidOperationException($"Service \"{name}\" starts no processes. Set ServiceOptions.Processes with ProcessServiceOptions.Launch, or start the program yourself.");
        Guid token = Guid.NewGuid();
        NfLaunch what = new(_folder!.SocketPath(_options.Processes!.All[plan.Service.Domain].Name), name, token.ToString("N"));
        ProcessStartInfo start = launch(what) ?? throw new InvalidOperationException($"ProcessServiceOptions.Launch of service \"{name}\" returned null.");
        NfLaunched launched;
        lock (_launches)
        {
            // Under the lock: the process may register before this method goes on.
            launched = NfLaunched.Start(start, name);
            _launches.Add(token, launched);
            _launched.Add(launched);
        }

        try
        {
            return await launched.Ready.WaitAsync(plan.Options.Processes.StartTimeout).ConfigureAwait(false);
        }
        catch
        {
            launched.Kill();
            Forget(token, launched);
            throw;
        }
    }

    private void Forget(Guid token, NfLaunched launched)
    {
        lock (_launches)
        {
            _launches.Remove(token);
            _launched.Remove(launched);
        }
    }

    // One connection, from its registration to its end.
    private async Task ServeAsync(string domain, ControlChannel channel, PeerCredentials credentials, RegisterMessage register, CancellationToken cancellation)
    {
        if (Refuse(domain, register, out ServicePlan? plan, out NfLaunched? launched) is { } reason)
        {
            _logger.LogWarning("Process {ProcessId} of user {UserId} is refused: {Reason}", credentials.ProcessId, credentials.UserId, reason);
            launched?.Fail(reason);
            channel.TrySend(ControlMessageType.Refused, 0, new RefusedMessage(reason));
            return;
        }

        ProcessServiceOptions options = plan!.Options.Processes!;
        using EventFd bell = EventFd.Create();
        RemotePeer peer = new(channel, credentials, bell, _relay!, launched, _logger);
        RemoteRunner runner = Register(plan, options, peer, register);
        _relay!.Add(bell, runner.Worker.Wake);
        try
        {
            Welcome(channel, runner, options);
            RemoteSession session = new(_plane, runner.Instance, runner, channel, () => MakeReady(runner), _logger);
            runner.Ended(await session.RunAsync(cancellation).ConfigureAwait(false));
        }
        catch (Exception exception) when (exception is IOException or TimeoutException)
        {
            runner.Ended(new RemoteEnd(RemoteEndKind.Died, exception.Message));
        }
        finally
        {
            _relay.Remove(bell);
            channel.Close(ControlClosingKind.ClosedHere, "the instance has ended");
            await EndAsync(plan, runner, launched).ConfigureAwait(false);
        }
    }

    private string? Refuse(string at, RegisterMessage register, out ServicePlan? plan, out NfLaunched? launched)
    {
        plan = null;
        launched = null;
        lock (_launches)
        {
            if (register.Token != Guid.Empty && _launches.Remove(register.Token, out NfLaunched? known))
                launched = known;
        }

        lock (_control)
        {
            if (_state != ManagerState.Running)
                return $"the platform is {_state}";
            plan = _plans.Values.FirstOrDefault(plan => register.ServiceId != 0 ? plan.Service.Id.Value == register.ServiceId : plan.Service.Name == register.Service);
        }

        string service = register.ServiceId != 0 ? $"service {register.ServiceId}" : $"a service \"{register.Service}\"";
        if (plan is null)
            return $"this platform has no {(register.ServiceId != 0 ? service : service[2..])}";
        if (plan.Options.Processes is not { } options)
            return $"service \"{plan.Service.Name}\" is not provided by processes: set ServiceOptions.Processes in the manager's program";
        string domain = _options.Processes!.All[plan.Service.Domain].Name;
        if (domain != at || (register.Domain.Length > 0 && register.Domain != domain))
            return $"service \"{plan.Service.Name}\" is of security domain \"{domain}\": register at {_folder!.SocketPath(domain)}";
        if (launched is null && register.Token != Guid.Empty)
            return $"no process that this manager has started and that has yet to register has its token: leave {nameof(NfProcessOptions)}.{nameof(NfProcessOptions.Token)} and {NfLaunch.TokenVariable} empty in what others start";
        if (launched is null && !options.AcceptOthers)
            return $"service \"{plan.Service.Name}\" takes only processes that the manager has started";
        return register.LayoutFingerprint == InstanceShape.LayoutFingerprint ? null
            : $"the process shares memory by layout {register.LayoutFingerprint:X8}, this manager by {InstanceShape.LayoutFingerprint:X8}: use the same version of OpenNetVM.Core on both sides";
    }

    private RemoteRunner Register(ServicePlan plan, ProcessServiceOptions options, RemotePeer peer, RegisterMessage register)
    {
        WorkerSlot transmitter = FindWorker(plan.Options.TransmitWorker);
        int ringCapacity = plan.Options.RingCapacity ?? _plane.RingCapacity;
        InstanceShape shape = new(_plane.Executors.Length, ringCapacity, options.EmptyBuffers);
        InstanceMemory memory = InstanceMemory.Create(shape, plan.Service.Name);
        NfInstance instance = _plane.Services.AddInstance(plan.Service, ringCapacity, memory);
        int most = options.MaxHeldPackets ?? (int)_plane.Pool.Segments[plan.Service.Domain].Count / 2;
        RemoteRunner runner = new(_plane, transmitter.Transmitter, instance, memory, peer, new RemoteLimits(options.EmptyBuffers, most, options.ViolationLimit, options.HangTimeout));
        instance.Runner = runner;
        transmitter.Worker.Invoke(() =>
        {
            transmitter.Transmitter.Add([instance]);
            transmitter.Worker.Add(runner);
        });
        _logger.LogInformation("Process {ProcessId} \"{Tag}\" registers for service \"{Service}\" as {Instance}", peer.ProcessId, register.Tag, plan.Service.Name, instance.Id);
        return runner;
    }

    private void Welcome(ControlChannel channel, RemoteRunner runner, ProcessServiceOptions options)
    {
        NfInstance instance = runner.Instance;
        Memory.PoolSegment segment = _plane.Pool.Segments[instance.Domain];
        WelcomeMessage welcome = new(
            Instance: instance.Id.Value,
            Service: instance.Service.Id.Value,
            ServiceName: instance.Service.Name,
            Domain: segment.Domain,
            FirstBuffer: segment.First,
            Buffers: segment.Count,
            Stride: _plane.Pool.Stride,
            BufferSize: _plane.Pool.BufferSize,
            Headroom: _plane.Pool.Headroom,
            BurstSize: _plane.BurstSize,
            Lanes: _plane.Executors.Length,
            RingCapacity: instance.RingCapacity,
            GrantCapacity: options.EmptyBuffers,
            PacketRegionLength: segment.Region.Length,
            RingRegionLength: runner.Memory.Region.Length);
        channel.SendWithHandles(ControlMessageType.Welcome, 0, welcome, [segment.Region.SharedHandle!, runner.Memory.Region.SharedHandle!, runner.Peer.Bell]);
    }

    private void MakeReady(RemoteRunner runner)
    {
        // Ended or told to stop meanwhile: it keeps that state.
        if (!_plane.Services.TryChangeState(runner.Instance, InstanceState.Starting, InstanceState.Running))
            return;
        runner.Peer.Launched?.SetReady(runner.Instance.Id);
    }

    private async Task EndAsync(ServicePlan plan, RemoteRunner runner, NfLaunched? launched)
    {
        await runner.Gone.ConfigureAwait(false);
        Retire(runner);
        RemoteEnd end = runner.End!;
        bool wanted = end.Kind is RemoteEndKind.Stopped or RemoteEndKind.Left or RemoteEndKind.Abandoned;
        launched?.Fail($"the process has ended before it was ready: {end.Reason}");
        if (launched is not null)
        {
            if (wanted && end.Kind != RemoteEndKind.Abandoned)
                await launched.WaitForExitAsync(MostFarewell).ConfigureAwait(false);
            else
                launched.Kill();
            lock (_launches)
                _launched.Remove(launched);
            launched.Dispose();
        }

        if (wanted)
        {
            _logger.LogInformation("{Instance} (process {ProcessId}) has ended: {Reason}", runner.Instance.Id, runner.Peer.ProcessId, end.Reason);
            return;
        }

        TimeSpan? restart = launched is null || end.Kind == RemoteEndKind.Expelled || State != ManagerState.Running ? null : plan.NextRestart(_options.Time);
        DateTimeOffset now = _options.Time.GetUtcNow();
        ReportFault(new NfFault
        {
            Instance = runner.Instance.Id,
            Service = plan.Service.Id,
            Exception = new NfProcessException(
                end.Fault is { } fault ? $"Its function threw {fault.ExceptionType}: {fault.Message}" : $"Process {runner.Peer.ProcessId} ended: {end.Reason}.",
                runner.Peer.ProcessId,
                end.Fault?.StackTrace),
            Time = now,
            Frames = end.Fault?.Frames ?? [],
            Count = plan.FaultsInARow,
            RestartsAt = restart is { } wait ? now + wait : null,
        });
        if (restart is { } backOff)
            _ = RestartAsync(plan, backOff);
    }

    private async Task RestartAsync(ServicePlan plan, TimeSpan backOff)
    {
        while (true)
        {
            try
            {
                if (backOff > TimeSpan.Zero)
                    await Task.Delay(backOff, _options.Time, _closing.Token).ConfigureAwait(false);
                if (State == ManagerState.Running)
                    await LaunchAsync(plan).ConfigureAwait(false);
                return;
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (Exception exception) when (exception is InvalidOperationException or TimeoutException)
            {
                _logger.LogError(exception, "A process for service \"{Service}\" could not be started again", plan.Service.Name);
                if (plan.NextRestart(_options.Time) is not { } next)
                    return;
                backOff = next;
            }
        }
    }
}
