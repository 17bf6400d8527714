using System.Security.Cryptography.X509Certificates;

namespace OpenNetVM.OpenFlow.Channel;

/// <summary>How a <c>tls:</c> channel shows who the switch is and verifies who the controller is.</summary>
public sealed record OpenFlowTlsOptions
{
    /// <summary>Certificates that the controller's must lead to; those that the system trusts if empty (the default).</summary>
    public IReadOnlyList<X509Certificate2> Authorities { get; init; } = [];

    /// <summary>The switch's certificate with its private key, for controllers that ask for one.</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>
    /// The name that the controller's certificate must bear; the endpoint's host if null (the default). Certificates made by <c>ovs-pki</c> bear no host's name: for
    /// those say <see cref="VerifyName"/> = false.
    /// </summary>
    public string? ControllerName { get; init; }

    /// <summary>Whether the name is verified as well as the chain; true by default. The chain is always verified.</summary>
    public bool VerifyName { get; init; } = true;
}
