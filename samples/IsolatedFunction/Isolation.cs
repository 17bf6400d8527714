namespace OpenNetVM.Samples.Isolation;

/// <summary>Where the function runs.</summary>
internal enum Isolation
{
    /// <summary>On a thread of the manager's process.</summary>
    Threads,

    /// <summary>In a process of its own.</summary>
    Process,

    /// <summary>In a container of its own.</summary>
    Container,
}
