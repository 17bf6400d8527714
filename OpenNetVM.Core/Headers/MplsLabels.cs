namespace OpenNetVM.Core.Headers;

/// <summary>
/// An MPLS label stack (RFC 3032) from its top. Use it with <c>foreach</c>, or call <see cref="MoveNext"/> until it is false to see <see cref="Rest"/>
/// and <see cref="End"/> afterwards. Allocates nothing.
/// </summary>
public ref struct MplsLabels
{
    private readonly Span<byte> _bytes;
    private int _next;
    private bool _bottom;

    /// <summary>Begins at the top of a stack: behind the protocol number that announced it (see <see cref="EtherTypes.IsMpls"/>).</summary>
    public MplsLabels(Span<byte> bytes) => _bytes = bytes;

    /// <summary>The label that the last <see cref="MoveNext"/> found.</summary>
    public MplsLabel Current { get; private set; }

    /// <summary>Why <see cref="MoveNext"/> returned false: complete behind the bottom of the stack, malformed where the bytes end before it.</summary>
    public OptionsEnd End { get; private set; }

    /// <summary>What follows the labels seen so far; after the last one, the payload.</summary>
    public readonly Span<byte> Rest => _bytes[_next..];

    /// <summary>A copy that starts where this one stands, for <c>foreach</c>.</summary>
    public readonly MplsLabels GetEnumerator() => this;

    /// <summary>Goes to the next label; false at the end, whose reason <see cref="End"/> has.</summary>
    public bool MoveNext()
    {
        if (End != OptionsEnd.NotReached)
            return false;
        if (_bottom || !MplsLabel.TryParse(Rest, out MplsLabel label))
        {
            Current = default;
            End = _bottom ? OptionsEnd.Complete : OptionsEnd.Malformed;
            return false;
        }

        Current = label;
        _bottom = label.IsBottomOfStack;
        _next += MplsLabel.Length;
        return true;
    }
}
