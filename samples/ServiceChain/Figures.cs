using System.Globalization;
using OpenNetVM.Core.Diagnostics;

namespace OpenNetVM.Samples;

/// <summary>Numbers as people read them, the same under every culture.</summary>
internal static class Figures
{
    public static string Count(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>For example "1 packet" or "1,540 packets".</summary>
    public static string Count(long value, string what) => $"{Count(value)} {what}{(value == 1 ? "" : "s")}";

    /// <summary>For example "3.42 M".</summary>
    public static string PacketRate(double perSecond) => perSecond switch
    {
        >= 999_500 => string.Create(CultureInfo.InvariantCulture, $"{perSecond / 1e6:0.00} M"),
        >= 1_000 => string.Create(CultureInfo.InvariantCulture, $"{perSecond / 1e3:0.0} k"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{perSecond:0}"),
    };

    /// <summary>In Gbit/s, for example "18.73".</summary>
    public static string BitRate(double perSecond) => string.Create(CultureInfo.InvariantCulture, $"{perSecond / 1e9:0.00}");

    public static string Seconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0} s");

    /// <summary>For example "1,204 by function, 3 ring full"; "none" where nothing was dropped.</summary>
    public static string Drops(IEnumerable<KeyValuePair<DropReason, long>> drops)
    {
        string[] parts = [.. drops.Where(static drop => drop.Value != 0).Select(static drop => $"{Count(drop.Value)} {Words(drop.Key)}")];
        return parts.Length == 0 ? "none" : string.Join(", ", parts);
    }

    // ByFunction -> "by function"
    private static string Words(DropReason reason) =>
        string.Concat(reason.ToString().Select(static (letter, i) => i > 0 && char.IsUpper(letter) ? $" {char.ToLowerInvariant(letter)}" : $"{char.ToLowerInvariant(letter)}"));
}
