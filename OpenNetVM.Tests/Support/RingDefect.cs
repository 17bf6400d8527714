namespace OpenNetVM.Tests.Support;

/// <summary>How a <see cref="BrokenRing{T}"/> is wrong.</summary>
public enum RingDefect
{
    /// <summary>The producer moves its cursor, and writes the elements after that.</summary>
    PublishesBeforeWriting,

    /// <summary>The consumer moves its cursor, and reads the elements after that.</summary>
    ReleasesBeforeReading,

    /// <summary>Producers move their common cursor without finding out whether another did so meanwhile.</summary>
    ProducersClaimWithoutExchange,

    /// <summary>Consumers move their common cursor without finding out whether another did so meanwhile.</summary>
    ConsumersClaimWithoutExchange,
}
