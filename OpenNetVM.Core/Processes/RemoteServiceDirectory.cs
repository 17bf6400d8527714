using OpenNetVM.Core.Processes.Control;
using OpenNetVM.Core.Services;

namespace OpenNetVM.Core.Processes;

/// <summary>The services of a manager in another process: each look is a question and an answer over the socket. Empty when the manager does not answer.</summary>
internal sealed class RemoteServiceDirectory(ProcessHost host) : IServiceDirectory
{
    public IReadOnlyList<ServiceInfo> Services =>
        host.Ask(ControlMessageType.Query, new QueryMessage(QueryKind.Services)) is { Status: ReplyStatus.Ok } reply ? DirectoryCodec.ReadServices(reply.Body.Span) : [];

    public IReadOnlyList<InstanceInfo> Instances =>
        host.Ask(ControlMessageType.Query, new QueryMessage(QueryKind.Instances)) is { Status: ReplyStatus.Ok } reply ? DirectoryCodec.ReadInstances(reply.Body.Span) : [];

    public bool TryFind(string name, out ServiceInfo? service) => (service = Services.FirstOrDefault(other => other.Name == name)) is not null;

    public bool TryFind(ServiceId id, out ServiceInfo? service) => (service = Services.FirstOrDefault(other => other.Id == id)) is not null;

    public bool TryFind(InstanceId id, out InstanceInfo? instance) => (instance = Instances.FirstOrDefault(other => other.Id == id)) is not null;
}
