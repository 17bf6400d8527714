namespace OpenNetVM.Core.Headers;

/// <summary>Why an enumeration of options or extension headers stopped.</summary>
public enum OptionsEnd
{
    /// <summary>It has not stopped yet.</summary>
    NotReached = 0,

    /// <summary>All bytes were used.</summary>
    Complete = 1,

    /// <summary>An end-of-list option was met.</summary>
    EndOfList = 2,

    /// <summary>An option or header has a length that it cannot have, or runs past the end; nothing behind it can be understood.</summary>
    Malformed = 3,
}
