namespace OpenNetVM.Core.Rings;

/// <summary>Several consumers: each claims what it takes, and frees slot by slot.</summary>
internal readonly struct MultipleConsumers : IConsumerPolicy
{
    public static bool Single => false;

    public static RingKind Kind => RingKind.MultipleProducersMultipleConsumers;
}
