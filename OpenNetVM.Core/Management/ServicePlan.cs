using OpenNetVM.Core.NetworkFunctions;
using OpenNetVM.Core.Services;

namespace OpenNetVM.Core.Management;

/// <summary>How instances of a service are made.</summary>
internal sealed class ServicePlan(Service service, Func<NetworkFunction> factory, ServiceOptions options)
{
    private int _dealt;

    internal Service Service => service;

    internal Func<NetworkFunction> Factory => factory;

    internal ServiceOptions Options => options;

    /// <summary>The name of the worker for the next instance; null for the platform's first.</summary>
    internal string? NextWorker() => options.Workers.Count == 0 ? null : options.Workers[_dealt++ % options.Workers.Count];
}
