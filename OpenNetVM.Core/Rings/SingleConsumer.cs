namespace OpenNetVM.Core.Rings;

/// <summary>One consumer: it needs no claim, and says by its cursor alone which slots are free.</summary>
internal readonly struct SingleConsumer : IConsumerPolicy
{
    public static bool Single => true;

    public static RingKind Kind => RingKind.MultipleProducersSingleConsumer;
}
