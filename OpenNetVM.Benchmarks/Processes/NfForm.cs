namespace OpenNetVM.Benchmarks.Processes;

/// <summary>What a network function outside of the manager's process is.</summary>
internal enum NfForm
{
    /// <summary>A native program (NativeAOT).</summary>
    Native,

    /// <summary>A program for the .NET runtime, compiled as it runs.</summary>
    Managed,

    /// <summary>The native program in a container of podman's.</summary>
    Container,
}
