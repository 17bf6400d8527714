namespace OpenNetVM.Core.Services;

/// <summary>A service at one moment.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name.</param>
/// <param name="LoadBalancer">Name of the policy that spreads flows over its instances.</param>
/// <param name="ActiveInstances">How many instances get packets.</param>
public sealed record ServiceInfo(ServiceId Id, string Name, string LoadBalancer, int ActiveInstances);
