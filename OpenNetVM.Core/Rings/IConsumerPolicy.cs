namespace OpenNetVM.Core.Rings;

/// <summary>Whether a <see cref="TurnRing{T, TConsumers}"/> has one consumer or several; a constant for the compiler.</summary>
internal interface IConsumerPolicy
{
    /// <summary>Whether one thread alone consumes.</summary>
    static abstract bool Single { get; }

    /// <summary>The kind in the ring's header.</summary>
    static abstract RingKind Kind { get; }
}
