using System.IO.Pipelines;

namespace OpenNetVM.OpenFlow.Channel;

/// <summary>A stream as a pair of pipes; the stream is closed by who made it.</summary>
internal sealed class StreamPipe(Stream stream) : IDuplexPipe
{
    public PipeReader Input { get; } = PipeReader.Create(stream, new StreamPipeReaderOptions(leaveOpen: true));

    public PipeWriter Output { get; } = PipeWriter.Create(stream, new StreamPipeWriterOptions(leaveOpen: true));
}
