namespace OpenNetVM.Samples.Isolation;

/// <summary>What the command line asks for.</summary>
/// <param name="Isolation">Where the function runs.</param>
/// <param name="Instances">How many of it.</param>
/// <param name="Packets">How many packets to generate; null for no limit.</param>
/// <param name="Seconds">When to stop; 0 for no limit of time.</param>
/// <param name="Program">The function's program.</param>
/// <param name="User">The user, and group, that the container's process is; null for root, without any of root's capabilities.</param>
internal sealed record Options(Isolation Isolation, int Instances, long? Packets, double Seconds, string Program, uint? User);
