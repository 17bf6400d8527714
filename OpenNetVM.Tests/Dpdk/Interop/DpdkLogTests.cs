using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using OpenNetVM.Dpdk.Interop;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.Dpdk.Interop;

/// <summary>Lines that C code writes arrive at the logger.</summary>
public partial class DpdkLogTests
{
    private const string LinuxOnly = "needs Linux";

    [Theory]
    [InlineData("EAL: FATAL: Cannot init memory", LogLevel.Critical)]
    [InlineData("EAL: Cannot init memory", LogLevel.Warning)]
    [InlineData("open_single_rx_pcap(): Couldn't open /nosuch: No such file or directory", LogLevel.Warning)]
    [InlineData("EAL: WARNING: Main core has no memory on same socket!", LogLevel.Warning)]
    [InlineData("EAL: Detected CPU lcores: 2", LogLevel.Information)]
    public void A_level_is_told_by_what_a_line_says(string line, LogLevel level) => Assert.Equal(level, DpdkLog.LevelOf(line));

    [Fact]
    public void Lines_arrive_in_order_and_the_last_are_kept()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), LinuxOnly);
        RecordingLogger logger = new();
        DpdkLog log = new(logger);
        for (int i = 0; i < 100; i++)
            Assert.True(Put($"line {i}\n", log.File) >= 0);
        log.Drain();
        Assert.Equal(Enumerable.Range(0, 100).Select(i => $"line {i}"), logger.Messages);
        Assert.Equal(["line 98", "line 99"], log.LastLines(2));
        log.ForgetLines();
        Assert.Empty(log.LastLines(2));
    }

    [Fact]
    public void A_logger_that_throws_does_not_stop_the_lines()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), LinuxOnly);
        DpdkLog log = new(new ThrowingLogger());
        _ = Put("one\ntwo\n", log.File);
        log.Drain();
        Assert.Equal(["one", "two"], log.LastLines(10));
    }

    [Fact]
    public void A_logger_that_blocks_holds_nobody_up_and_lost_lines_are_told()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), LinuxOnly);
        using BlockingLogger logger = new();
        DpdkLog log = new(logger);
        string line = new string('x', 99) + "\n";
        // Twice what the pipe and the reader hold; without the promise above this would never return.
        for (int i = 0; i < 4_000; i++)
            _ = Put(line, log.File);
        logger.Go.Set();
        for (int i = 0; i < 60 && !logger.Told; i++)
            log.Drain();
        Assert.True(logger.Told);
    }

    [Fact]
    public void What_C_code_prints_while_it_is_redirected_goes_to_the_log()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), LinuxOnly);
        RecordingLogger logger = new();
        DpdkLog log = new(logger);
        NativeOutput.Redirect(log.File);
        NativeOutput.Redirect(log.File);
        NativeOutput.Restore();
        _ = PutLine("printed by C");
        NativeOutput.Restore();
        log.Drain();
        Assert.Contains("printed by C", logger.Messages);
    }

    [LibraryImport("libc", EntryPoint = "fputs", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Put(string text, nint file);

    [LibraryImport("libc", EntryPoint = "puts", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int PutLine(string text);

    private sealed class ThrowingLogger : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            throw new IOException("the disk is full");
    }

    private sealed class BlockingLogger : ILogger, IDisposable
    {
        public ManualResetEventSlim Go { get; } = new();

        public volatile bool Told;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            Go.Wait();
            if (formatter(state, exception).Contains("lines may be missing", StringComparison.Ordinal))
                Told = true;
        }

        public void Dispose() => Go.Dispose();
    }
}
