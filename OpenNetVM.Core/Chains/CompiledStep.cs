using OpenNetVM.Core.Ports;
using OpenNetVM.Core.Services;

namespace OpenNetVM.Core.Chains;

/// <summary>A step with its target looked up, so that the data path follows a reference instead of an id.</summary>
internal readonly struct CompiledStep
{
    internal readonly ChainStepKind Kind;
    internal readonly Service? Service;
    internal readonly PortId Port;

    internal CompiledStep(ChainStepKind kind, Service? service, PortId port)
    {
        Kind = kind;
        Service = service;
        Port = port;
    }
}
