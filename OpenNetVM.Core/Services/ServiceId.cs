using System.Globalization;

namespace OpenNetVM.Core.Services;

/// <summary>Names a service: what chains and network functions address, whichever and however many instances provide it (paper, section on service types).</summary>
/// <param name="Value">1 to 65,534.</param>
public readonly record struct ServiceId(ushort Value) : IComparable<ServiceId>
{
    /// <summary>The highest service id.</summary>
    public const ushort MaxValue = 65_534;

    /// <summary>True for 1 to <see cref="MaxValue"/>; 0 and 65,535 are no service.</summary>
    public bool IsValid => Value is > 0 and <= MaxValue;

    /// <inheritdoc/>
    public int CompareTo(ServiceId other) => Value.CompareTo(other.Value);

    /// <summary>For example "service 7".</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"service {Value}");

    /// <summary>Orders by number.</summary>
    public static bool operator <(ServiceId left, ServiceId right) => left.Value < right.Value;

    /// <summary>Orders by number.</summary>
    public static bool operator >(ServiceId left, ServiceId right) => left.Value > right.Value;

    /// <summary>Orders by number.</summary>
    public static bool operator <=(ServiceId left, ServiceId right) => left.Value <= right.Value;

    /// <summary>Orders by number.</summary>
    public static bool operator >=(ServiceId left, ServiceId right) => left.Value >= right.Value;
}
