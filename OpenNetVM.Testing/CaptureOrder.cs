namespace OpenNetVM.Testing;

/// <summary>In which order <see cref="CaptureAssert"/> wants the frames.</summary>
public enum CaptureOrder
{
    /// <summary>All frames in the same order.</summary>
    Exact,

    /// <summary>
    /// The frames of each five-tuple in the same order, whatever the order between five-tuples: what a platform with several workers promises. The two
    /// directions of a connection are two five-tuples. Frames without a flow key count as one flow together.
    /// </summary>
    PerFlow,

    /// <summary>The same frames equally often, in any order.</summary>
    Any,
}
