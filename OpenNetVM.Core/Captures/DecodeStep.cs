namespace OpenNetVM.Core.Captures;

/// <summary>What a decoder's step came to.</summary>
internal enum DecodeStep
{
    /// <summary>The step is done: the header was read, or a frame was found.</summary>
    Done,

    /// <summary>The input must be filled before the same step is tried again.</summary>
    NeedsInput,

    /// <summary>The file ended where a file may end.</summary>
    End,
}
