namespace OpenNetVM.Core.Captures;

/// <summary>What a decoder found in one record.</summary>
internal struct CaptureRecord
{
    public ReadOnlyMemory<byte> Data;
    public int WireLength;
    public int InterfaceIndex;
    public long TimestampNanoseconds;
    public LinkType LinkType;

    /// <summary>Where in the file the record begins.</summary>
    public long Offset;
}
