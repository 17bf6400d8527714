using OpenNetVM.Core.NetworkFunctions;
using OpenNetVM.Core.Services;

namespace OpenNetVM.Core.Management;

/// <summary>How instances of a service are made.</summary>
internal sealed class ServicePlan(Service service, Func<NetworkFunction>? factory, ServiceOptions options)
{
    private readonly Lock _gate = new();
    private int _dealt;
    private long _lastEnd;

    internal Service Service => service;

    /// <summary>Makes the functions that run in this process; null if all run in others.</summary>
    internal Func<NetworkFunction>? Factory => factory;

    internal ServiceOptions Options => options;

    /// <summary>The name of the worker for the next instance; null for the platform's first.</summary>
    internal string? NextWorker() => options.Workers.Count == 0 ? null : options.Workers[_dealt++ % options.Workers.Count];

    /// <summary>How often in a row processes of the service have ended that should not.</summary>
    internal int FaultsInARow { get; private set; }

    /// <summary>How long to wait before a process that has ended is started again; null if it is not to be.</summary>
    internal TimeSpan? NextRestart(TimeProvider time)
    {
        lock (_gate)
        {
            if (time.GetElapsedTime(_lastEnd) >= options.Restart.HealthyAfter)
                FaultsInARow = 0;
            _lastEnd = time.GetTimestamp();
            return FaultsInARow >= options.Restart.MaxRestarts ? null : options.Restart.BackOff(FaultsInARow++);
        }
    }
}
