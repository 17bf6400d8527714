using System.Net;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OpenNetVM.Core.Management;
using OpenNetVM.Core.NetworkFunctions;
using OpenNetVM.Core.Services;
using OpenNetVM.OpenFlow.Agent;
using OpenNetVM.OpenFlow.Datapath;

namespace OpenNetVM.OpenFlow;

/// <summary>
/// Lets an SDN controller decide on the service chains of a platform's flows (paper, "SDN NF"): to the controller the platform is an OpenFlow switch whose ports are
/// the platform's ports and its services. The switch has one service of the platform, to which the default chain sends the packets of unknown flows.
/// </summary>
/// <remarks>
/// <para>A packet that comes to the SDN function is looked up in the controller's rules, which decide on its whole way; that way becomes the flow's rule in the flow director, and
/// later packets do not come any more. Rules that change withdraw the flows that they concern, before a BARRIER is answered.</para>
/// <para>Life: made, added to a platform by <see cref="CreateFunction"/>, <see cref="Start"/>, disposed before the platform. Safe from any thread.</para>
/// <para>Where the platform has a <see cref="Core.Steering.SteeringPolicy"/>, it must allow the service to set flows.</para>
/// </remarks>
/// <example>
/// <code>
/// SdnSwitch sdn = new(new SdnSwitchOptions { Endpoints = [OpenFlowEndpoint.Parse("tcp:127.0.0.1:6653")] });
/// ServiceId service = builder.AddService("sdn", sdn.CreateFunction);
/// builder.DefaultChain = ServiceChain.Through(service).To(wan);
/// await using NfManager manager = builder.Build();
/// manager.Start();
/// sdn.Start(manager, service);
/// </code>
/// </example>
public sealed class SdnSwitch : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly SdnSwitchOptions _options;
    private readonly ILoggerFactory _loggers;
    private SdnFunction[] _functions = [];
    private SdnDatapath? _datapath;
    private bool _disposed;

    /// <summary>Makes a switch that connects to nothing yet.</summary>
    /// <exception cref="ArgumentException">An option does not fit.</exception>
    public SdnSwitch(SdnSwitchOptions options, ILoggerFactory? loggers = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _options = options;
        _loggers = loggers ?? NullLoggerFactory.Instance;
    }

    /// <summary>Where the switch listens, in the order of the <c>ptcp:</c> endpoints; empty before <see cref="Start"/>.</summary>
    public IReadOnlyList<IPEndPoint> Listening => Current?.Channels.Listening ?? [];

    internal SwitchAgent Agent => (Current ?? throw NotStarted()).Agent;

    internal SdnDatapath? Current => Volatile.Read(ref _datapath);

    /// <summary>Makes the function of the switch's service: the factory for <see cref="NfManagerBuilder.AddService(string, Func{NetworkFunction}, ServiceOptions?)"/>. It can have several instances.</summary>
    /// <remarks>Until the switch is started, the function's packets follow their chain.</remarks>
    public NetworkFunction CreateFunction() => new SdnFunction(this, _options);

    /// <summary>Begins to connect and to listen, and to decide on packets.</summary>
    /// <param name="manager">The platform, started or about to be.</param>
    /// <param name="service">The service whose functions <see cref="CreateFunction"/> makes.</param>
    /// <param name="time">Clock of timeouts; null for the system's. It should be the platform's.</param>
    /// <exception cref="ArgumentException">The platform has no such service.</exception>
    /// <exception cref="InvalidOperationException">The switch was started before, or the platform's policy does not let its service set flows.</exception>
    /// <exception cref="System.Net.Sockets.SocketException">An address cannot be listened on.</exception>
    public void Start(NfManager manager, ServiceId service, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(manager);
        if (!manager.Services.TryFind(service, out _))
            throw new ArgumentException($"The platform has no {service}. Add it with NfManagerBuilder.AddService(name, sdn.CreateFunction), and give its id here.", nameof(service));
        if (!manager.Policy.MaySetFlows(service))
            throw new InvalidOperationException($"The platform's steering policy does not let {service} set flows. Allow it: SteeringPolicy.Create(allow => allow.SetFlows(sdn)).");
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_datapath is not null)
                throw new InvalidOperationException("The switch was started already: it serves one platform, once.");
            Volatile.Write(ref _datapath, new SdnDatapath(manager, service, _options, () => Volatile.Read(ref _functions), time ?? TimeProvider.System, _loggers.CreateLogger<SdnSwitch>()));
        }
    }

    /// <summary>A function of the switch's runs, on the thread that calls.</summary>
    internal void Add(SdnFunction function)
    {
        lock (_gate)
            _functions = [.. _functions, function];
    }

    internal void Remove(SdnFunction function)
    {
        lock (_gate)
            _functions = [.. _functions.Where(other => other != function)];
    }

    /// <summary>What the switch holds and has done.</summary>
    /// <exception cref="InvalidOperationException">It was not started.</exception>
    public SdnSwitchStatistics GetStatistics() => (Current ?? throw NotStarted()).GetStatistics();

    /// <summary>
    /// Gives back the service chains that no flow follows at the moment: a port can be removed from the platform once no chain ends with it (<see cref="NfManager.RemovePort"/>). Flows that lead
    /// to a port are withdrawn by their rules.
    /// </summary>
    /// <exception cref="InvalidOperationException">It was not started.</exception>
    public void ReleaseUnusedChains() => (Current ?? throw NotStarted()).Paths.Trim(all: true);

    /// <summary>Closes all channels and withdraws all flows: packets follow the default chain.</summary>
    public async ValueTask DisposeAsync()
    {
        SdnDatapath? datapath;
        lock (_gate)
        {
            if (_disposed)
                return;
            _disposed = true;
            datapath = _datapath;
        }

        if (datapath is not null)
            await datapath.DisposeAsync().ConfigureAwait(false);
    }

    private static InvalidOperationException NotStarted() => new("The switch was not started: call SdnSwitch.Start with the platform that it serves.");
}
