namespace OpenNetVM.OpenFlow.Protocol;

/// <summary>Type of an ERROR message (OpenFlow 1.3.5, 7.4.4).</summary>
internal enum ErrorType : ushort
{
    HelloFailed = 0,
    BadRequest = 1,
    BadAction = 2,
    BadInstruction = 3,
    BadMatch = 4,
    FlowModFailed = 5,
    GroupModFailed = 6,
    PortModFailed = 7,
    TableModFailed = 8,
    QueueOperationFailed = 9,
    SwitchConfigFailed = 10,
    RoleRequestFailed = 11,
    MeterModFailed = 12,
    TableFeaturesFailed = 13,
}

/// <summary>Why a message is refused: type and code of an ERROR message in the numbers of OpenFlow 1.3. The default value is no refusal.</summary>
internal readonly struct OpenFlowError(ErrorType type, ushort code) : IEquatable<OpenFlowError>
{
    // One more than the number, so that the default value is none of the errors.
    private readonly int _typePlusOne = (int)type + 1;

    /// <summary>Not refused.</summary>
    public static OpenFlowError None => default;

    public bool IsError => _typePlusOne != 0;

    public ErrorType Type => (ErrorType)(_typePlusOne - 1);

    public ushort Code { get; } = code;

    public static bool operator ==(OpenFlowError left, OpenFlowError right) => left.Equals(right);

    public static bool operator !=(OpenFlowError left, OpenFlowError right) => !left.Equals(right);

    /// <summary>Type and code as they are sent. What OpenFlow 1.0 has no number for becomes the nearest that it has.</summary>
    public (ushort Type, ushort Code) ToWire(byte version)
    {
        if (version != WireVersion.Of10)
            return ((ushort)Type, Code);
        return Type switch
        {
            ErrorType.HelloFailed => (0, Code),
            ErrorType.BadRequest when Code <= 8 => (1, Code),
            // Unknown table, slave, port or packet: no permission.
            ErrorType.BadRequest => (1, 5),
            ErrorType.BadAction when Code <= 8 => (2, Code),
            ErrorType.BadAction => (2, 5),
            ErrorType.FlowModFailed => (3, Code switch { 1 => 0, 3 => 1, 4 => 2, 5 => 3, 6 => 4, _ => 5 }),
            ErrorType.BadInstruction or ErrorType.BadMatch => (3, 5),
            ErrorType.PortModFailed when Code <= 1 => (4, Code),
            ErrorType.QueueOperationFailed => (5, Code),
            _ => (1, 5),
        };
    }

    public bool Equals(OpenFlowError other) => _typePlusOne == other._typePlusOne && Code == other.Code;

    public override bool Equals(object? obj) => obj is OpenFlowError other && Equals(other);

    public override int GetHashCode() => HashCode.Combine(_typePlusOne, Code);

    public override string ToString() => IsError ? $"{Type}/{Code}" : "none";
}
