namespace OpenNetVM.Core.Headers;

/// <summary>
/// The options of an IPv4 (RFC 791) or TCP (RFC 9293) header, which share one form: a kind byte, then for all kinds but end-of-list (0) and
/// no-operation (1) a length byte that counts both, then data. Use it with <c>foreach</c>, or call <see cref="MoveNext"/> to see <see cref="End"/>
/// afterwards. Allocates nothing; stops at the first option that is wrong.
/// </summary>
public ref struct HeaderOptions
{
    private const byte EndOfList = 0;
    private const byte NoOperation = 1;
    private readonly Span<byte> _bytes;
    private int _next;

    internal HeaderOptions(Span<byte> bytes) => _bytes = bytes;

    /// <summary>The option that the last <see cref="MoveNext"/> found.</summary>
    public HeaderOption Current { get; private set; }

    /// <summary>Why <see cref="MoveNext"/> returned false.</summary>
    public OptionsEnd End { get; private set; }

    /// <summary>All bytes of the options.</summary>
    public readonly Span<byte> Bytes => _bytes;

    /// <summary>A copy that starts where this one stands, for <c>foreach</c>.</summary>
    public readonly HeaderOptions GetEnumerator() => this;

    /// <summary>Goes to the next option; false at the end, whose reason <see cref="End"/> has.</summary>
    public bool MoveNext()
    {
        if (End != OptionsEnd.NotReached)
            return false;
        Span<byte> rest = _bytes[_next..];
        if (rest.IsEmpty)
            return Stop(OptionsEnd.Complete);

        byte kind = rest[0];
        switch (kind)
        {
            case EndOfList:
                return Stop(OptionsEnd.EndOfList);
            case NoOperation:
                Current = new(kind, default);
                _next++;
                return true;
        }

        if (rest.Length < 2 || rest[1] < 2 || rest[1] > rest.Length)
            return Stop(OptionsEnd.Malformed);
        int length = rest[1];
        Current = new(kind, rest[2..length]);
        _next += length;
        return true;
    }

    private bool Stop(OptionsEnd reason)
    {
        Current = default;
        End = reason;
        return false;
    }
}
