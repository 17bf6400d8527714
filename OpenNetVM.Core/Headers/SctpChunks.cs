namespace OpenNetVM.Core.Headers;

/// <summary>
/// The chunks of an SCTP packet (RFC 9260 section 3.2). Use it with <c>foreach</c>, or call <see cref="MoveNext"/> to see <see cref="End"/> afterwards.
/// Allocates nothing; stops at the first chunk that is wrong.
/// </summary>
public ref struct SctpChunks
{
    private const int ChunkHeader = 4;
    private readonly Span<byte> _bytes;
    private int _next;

    internal SctpChunks(Span<byte> bytes) => _bytes = bytes;

    /// <summary>The chunk that the last <see cref="MoveNext"/> found.</summary>
    public SctpChunk Current { get; private set; }

    /// <summary>Why <see cref="MoveNext"/> returned false.</summary>
    public OptionsEnd End { get; private set; }

    /// <summary>A copy that starts where this one stands, for <c>foreach</c>.</summary>
    public readonly SctpChunks GetEnumerator() => this;

    /// <summary>Goes to the next chunk; false at the end, whose reason <see cref="End"/> has.</summary>
    public bool MoveNext()
    {
        if (End != OptionsEnd.NotReached)
            return false;
        Span<byte> rest = _bytes[_next..];
        if (rest.IsEmpty)
            return Stop(OptionsEnd.Complete);
        if (rest.Length < ChunkHeader)
            return Stop(OptionsEnd.Malformed);
        int length = Wire.U16(rest, 2);
        if (length < ChunkHeader || length > rest.Length)
            return Stop(OptionsEnd.Malformed);
        Current = new(rest[..length]);

        // Chunks are padded to four bytes; the padding of the last one may be missing.
        _next += Math.Min((length + 3) & ~3, rest.Length);
        return true;
    }

    private bool Stop(OptionsEnd reason)
    {
        Current = default;
        End = reason;
        return false;
    }
}
