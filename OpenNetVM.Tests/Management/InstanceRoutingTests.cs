using OpenNetVM.Core.LoadBalancing;
using OpenNetVM.Core.Services;

namespace OpenNetVM.Tests.Management;

/// <summary>What is seen first when an instance comes or goes: its state, or that it gets packets.</summary>
public class InstanceRoutingTests
{
    private readonly ServiceRegistry _registry = new();
    private readonly WatchedBalancer _balancer = new();

    [Theory]
    [InlineData(InstanceState.Faulted)]
    [InlineData(InstanceState.Draining)]
    [InlineData(InstanceState.Paused)]
    [InlineData(InstanceState.Stopped)]
    public void An_instance_gets_no_packets_any_more_before_it_shows_so_however_long_balancing_takes(object state)
    {
        Service service = _registry.AddService(null, "service", _balancer, null);
        NfInstance[] instances = [_registry.AddInstance(service, 64), _registry.AddInstance(service, 64), _registry.AddInstance(service, 64)];
        _registry.SetState(instances, InstanceState.Running);
        InstanceState meanwhile = InstanceState.Starting;
        _balancer.Building = () => meanwhile = instances[0].State;

        _registry.SetState(instances[0], (InstanceState)state);

        Assert.Equal(InstanceState.Running, meanwhile);
        Assert.Equal(state, instances[0].State);
        Assert.Equal(instances[1..], service.Routing.Instances.ToArray());
    }

    [Fact]
    public void An_instance_runs_before_it_gets_packets()
    {
        Service service = _registry.AddService(null, "service", _balancer, null);
        _registry.SetState(_registry.AddInstance(service, 64), InstanceState.Running);
        NfInstance instance = _registry.AddInstance(service, 64);
        InstanceState meanwhile = InstanceState.Starting;
        _balancer.Building = () => meanwhile = instance.State;

        _registry.SetState(instance, InstanceState.Running);

        Assert.Equal(InstanceState.Running, meanwhile);
        Assert.Same(instance, service.Routing.Find(instance.Id));
    }

    private sealed class WatchedBalancer : ILoadBalancer
    {
        public string Name => "watched";

        public Action Building { get; set; } = static () => { };

        public int[] BuildTable(ReadOnlySpan<BalancedInstance> instances)
        {
            Building();
            return [0];
        }
    }
}
