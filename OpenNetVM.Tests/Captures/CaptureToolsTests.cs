using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using OpenNetVM.Core.Captures;
using SharpPcap;
using SharpPcap.LibPcap;

namespace OpenNetVM.Tests.Captures;

/// <summary>Files of <see cref="CaptureWriter"/> read by other programs, where those are installed.</summary>
public class CaptureToolsTests
{
    private static readonly byte[] Frame60 = [255, 255, 255, 255, 255, 255, 2, 0, 0, 0, 0, 1, 8, 6, .. new byte[46]];

    private static string WriteFile(CaptureFormat format)
    {
        string path = Path.Combine(Path.GetTempPath(), $"opennetvm-{Guid.NewGuid():N}.cap");
        using CaptureWriter writer = CaptureWriter.CreateFile(path, new CaptureWriterOptions { Format = format });
        writer.Write(Frame60, 1_700_000_000_123_456_789, 60);
        writer.Write(Frame60.AsSpan(0, 42), 1_700_000_001_000_000_001, 1514);
        if (format == CaptureFormat.PcapNg)
            writer.Write(Frame60, 1_700_000_002_000_000_000, 60, 0, CaptureDirection.Outbound, "a comment");
        else
            writer.Write(Frame60, 1_700_000_002_000_000_000, 60);
        return path;
    }

    private static string Run(string program, params string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip($"needs {program}, which is not installed");
            throw;
        }

        using (process)
        {
            Task<string> errors = process.StandardError.ReadToEndAsync();
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            Assert.True(process.ExitCode == 0, $"{program} failed: {errors.Result}");
            return output;
        }
    }

    [Theory]
    [InlineData(CaptureFormat.PcapNg)]
    [InlineData(CaptureFormat.Pcap)]
    public void Tshark_reads_the_same_frames(CaptureFormat format)
    {
        string path = WriteFile(format);
        try
        {
            string[] lines = Run("tshark", "-r", path, "-T", "fields", "-e", "frame.time_epoch", "-e", "frame.len", "-e", "frame.cap_len")
                .Split('\n', StringSplitOptions.RemoveEmptyEntries);
            Assert.Equal(["1700000000.123456789\t60\t60", "1700000001.000000001\t1514\t42", "1700000002.000000000\t60\t60"], lines);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void Capinfos_counts_the_same_frames()
    {
        string path = WriteFile(CaptureFormat.PcapNg);
        try
        {
            Assert.Contains("\t3\t", Run("capinfos", "-T", "-r", "-m", "-c", path).Replace(',', '\t').Trim() + "\t", StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Theory]
    [InlineData(CaptureFormat.PcapNg)]
    [InlineData(CaptureFormat.Pcap)]
    public void Libpcap_reads_the_same_frames(CaptureFormat format)
    {
        if (!NativeLibrary.TryLoad("libpcap.so.1", out _) && !NativeLibrary.TryLoad("libpcap.so.0.8", out _) && !NativeLibrary.TryLoad("libpcap", out _))
            Assert.Skip("needs libpcap, which is not installed");
        string path = WriteFile(format);
        try
        {
            using CaptureFileReaderDevice device = new(path);
            device.Open();
            List<string> frames = [];
            while (device.GetNextPacket(out PacketCapture packet) == GetPacketStatus.PacketRead)
                frames.Add(string.Create(CultureInfo.InvariantCulture, $"{packet.Header.Timeval.Seconds} {((PcapHeader)packet.Header).PacketLength} {packet.Data.Length}"));
            Assert.Equal(["1700000000 60 60", "1700000001 1514 42", "1700000002 60 60"], frames);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
