namespace OpenNetVM.Core.Services;

/// <summary>An instance at one moment.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Service">The service that it provides.</param>
/// <param name="ServiceName">The name of that service.</param>
/// <param name="State">Where it stands in its life.</param>
/// <param name="Worker">Name of the worker that runs it.</param>
public sealed record InstanceInfo(InstanceId Id, ServiceId Service, string ServiceName, InstanceState State, string? Worker);
