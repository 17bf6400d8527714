namespace OpenNetVM.Tests.Rings;

/// <summary>What a random test does to a ring.</summary>
public enum RingOperation
{
    EnqueueOne,
    EnqueueBurst,
    FillInPlace,
    DequeueOne,
    DequeueBurst,
    TakeInPlace,
    AskFree,

    /// <summary>The number of operations.</summary>
    Kinds,
}
