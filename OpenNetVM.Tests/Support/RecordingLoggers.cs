using Microsoft.Extensions.Logging;

namespace OpenNetVM.Tests.Support;

/// <summary>One <see cref="RecordingLogger"/> for everybody.</summary>
internal sealed class RecordingLoggers : ILoggerFactory
{
    public RecordingLogger Logger { get; } = new();

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public ILogger CreateLogger(string categoryName) => Logger;

    public void Dispose()
    {
    }
}
