using OpenNetVM.Core.Services;

namespace OpenNetVM.Core.Management;

/// <summary>A network function's wish that its service had another number of instances.</summary>
/// <param name="From">The instance that wishes it.</param>
/// <param name="Service">Its service.</param>
/// <param name="Instances">How many there should be.</param>
public readonly record struct InstanceRequest(InstanceId From, ServiceId Service, int Instances);
