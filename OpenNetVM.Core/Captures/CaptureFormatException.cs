using System.Globalization;

namespace OpenNetVM.Core.Captures;

/// <summary>A capture file that is damaged, or that holds what cannot be delivered: names the file, the place and the reason.</summary>
public sealed class CaptureFormatException : FormatException
{
    /// <summary>Makes the exception and its message.</summary>
    /// <param name="fileName">Path of the file, or the name given to its stream.</param>
    /// <param name="offset">Where in the file, in bytes from its start, the record or block begins that could not be read.</param>
    /// <param name="reason">What was found and what was expected.</param>
    public CaptureFormatException(string fileName, long offset, string reason)
        : base(string.Create(CultureInfo.InvariantCulture, $"{fileName}, offset {offset}: {reason}"))
    {
        FileName = fileName;
        Offset = offset;
        Reason = reason;
    }

    /// <summary>Path of the file, or the name given to its stream.</summary>
    public string FileName { get; }

    /// <summary>Where in the file, in bytes from its start, the record or block begins that could not be read.</summary>
    public long Offset { get; }

    /// <summary>What was found and what was expected.</summary>
    public string Reason { get; }
}
