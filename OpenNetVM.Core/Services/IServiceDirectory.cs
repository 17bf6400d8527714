namespace OpenNetVM.Core.Services;

/// <summary>
/// Which services there are and which instances provide each, as network functions see it: the manager's <see cref="ServiceRegistry"/> itself, or, in another process, questions
/// to it. Safe from any thread; not for every packet.
/// </summary>
public interface IServiceDirectory
{
    /// <summary>All services, ordered by id.</summary>
    IReadOnlyList<ServiceInfo> Services { get; }

    /// <summary>All instances, ordered by id.</summary>
    IReadOnlyList<InstanceInfo> Instances { get; }

    /// <summary>Finds a service by name.</summary>
    /// <returns>False if no service has that name.</returns>
    bool TryFind(string name, out ServiceInfo? service);

    /// <summary>Finds a service by id.</summary>
    /// <returns>False if no service has that id.</returns>
    bool TryFind(ServiceId id, out ServiceInfo? service);

    /// <summary>Finds an instance by id.</summary>
    /// <returns>False if no instance has that id.</returns>
    bool TryFind(InstanceId id, out InstanceInfo? instance);
}
