namespace OpenNetVM.Core.Rings;

/// <summary>Which threads may use a formatted ring, as its header says it.</summary>
internal enum RingKind : uint
{
    SingleProducerSingleConsumer = 1,
    MultipleProducersSingleConsumer = 2,
    MultipleProducersMultipleConsumers = 3,
}
