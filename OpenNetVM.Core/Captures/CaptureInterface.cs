namespace OpenNetVM.Core.Captures;

/// <summary>One capturing interface that a file describes. Immutable.</summary>
/// <param name="Index">Position in <see cref="CaptureReader.Interfaces"/>, counted over all sections of a file.</param>
/// <param name="LinkType">What its frames begin with, as recorded (before any conversion).</param>
/// <param name="SnapLength">Most bytes kept of a frame; 0 where the file states no limit.</param>
/// <param name="Name">Name of the interface, or null where the file has none (classic pcap never has).</param>
public sealed record CaptureInterface(int Index, LinkType LinkType, uint SnapLength, string? Name);
