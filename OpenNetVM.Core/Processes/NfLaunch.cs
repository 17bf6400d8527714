using System.Diagnostics;

namespace OpenNetVM.Core.Processes;

/// <summary>What a process has to know that the manager starts: it finds it in environment variables (see <see cref="NfProcessOptions.FromEnvironment"/>).</summary>
/// <param name="SocketPath">The socket of its security domain. Its folder is what a container has to have mounted.</param>
/// <param name="Service">The name of the service to register for.</param>
/// <param name="Token">By which the manager recognises the process.</param>
public sealed record NfLaunch(string SocketPath, string Service, string Token)
{
    /// <summary>Environment variable with <see cref="SocketPath"/>.</summary>
    public const string SocketVariable = "OPENNETVM_SOCKET";

    /// <summary>Environment variable with <see cref="Service"/>.</summary>
    public const string ServiceVariable = "OPENNETVM_SERVICE";

    /// <summary>Environment variable with <see cref="Token"/>.</summary>
    public const string TokenVariable = "OPENNETVM_TOKEN";

    /// <summary>The variables and their values, for programs that take them in another way ("podman run --env NAME=VALUE").</summary>
    public IReadOnlyDictionary<string, string> Variables => new Dictionary<string, string>
    {
        [SocketVariable] = SocketPath,
        [ServiceVariable] = Service,
        [TokenVariable] = Token,
    };

    /// <summary>Sets the variables of a process that is going to be started.</summary>
    /// <returns><paramref name="start"/>.</returns>
    public ProcessStartInfo Apply(ProcessStartInfo start)
    {
        ArgumentNullException.ThrowIfNull(start);
        foreach ((string name, string value) in Variables)
            start.Environment[name] = value;
        return start;
    }
}
