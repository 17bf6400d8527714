using System.Globalization;

namespace OpenNetVM.Core.Services;

/// <summary>Names one running instance of a service; unique within a platform.</summary>
/// <param name="Value">1 to 65,532.</param>
public readonly record struct InstanceId(ushort Value) : IComparable<InstanceId>
{
    /// <summary>The highest instance id.</summary>
    public const ushort MaxValue = 65_532;

    /// <summary>True for 1 to <see cref="MaxValue"/>; 0 and 65,533 to 65,535 are no instance.</summary>
    public bool IsValid => Value is > 0 and <= MaxValue;

    /// <inheritdoc/>
    public int CompareTo(InstanceId other) => Value.CompareTo(other.Value);

    /// <summary>For example "instance 7".</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"instance {Value}");

    /// <summary>Orders by number.</summary>
    public static bool operator <(InstanceId left, InstanceId right) => left.Value < right.Value;

    /// <summary>Orders by number.</summary>
    public static bool operator >(InstanceId left, InstanceId right) => left.Value > right.Value;

    /// <summary>Orders by number.</summary>
    public static bool operator <=(InstanceId left, InstanceId right) => left.Value <= right.Value;

    /// <summary>Orders by number.</summary>
    public static bool operator >=(InstanceId left, InstanceId right) => left.Value >= right.Value;
}
