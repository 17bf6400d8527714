using System.Globalization;
using OpenNetVM.Core.Captures;

namespace OpenNetVM.Tests.Captures;

/// <summary>
/// Mutated captures: they end, or fail as <see cref="CaptureFormatException"/>, and never take much memory.
/// OPENNETVM_FUZZ_FILES raises the number of files (20,000); OPENNETVM_FUZZ_SEED repeats a run.
/// </summary>
public class CaptureFuzzTests
{
    private const int MostFramesOfAFile = 10_000;

    // A reader, its options and a pooled segment or two; what the claimed lengths could ask for is a thousand times more.
    private const long MostBytesOfAFile = 2_000_000;

    private static readonly uint[] Interesting = [0, 1, 3, 4, 7, 8, 11, 12, 15, 16, 0x7F, 0x80, 0xFF, 0xFFFF, 0x1_0000, 0x4_0000, 0x4_0001, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFC, 0xFFFF_FFFF];

    private static int Setting(string variable, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out int value) ? value : otherwise;

    private static byte[][] Originals()
    {
        byte[] ip = [0x45, 0, 0, 46, .. new byte[42]];
        byte[] frame = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 8, 0, .. ip];
        List<byte[]> files = [];
        foreach (bool bigEndian in (bool[])[false, true])
        {
            files.Add(new CaptureFileBuilder(bigEndian).PcapHeader().PcapRecord(1, 2, frame).PcapRecord(3, 4, frame[..33], wire: 1500).PcapRecord(5, 6, frame).ToArray());
            files.Add(new CaptureFileBuilder(bigEndian).PcapHeader(0xA1B23C4D, LinkType.LinuxSll).PcapRecord(1, 2, [0, 1, 0, 1, 0, 6, .. frame[..8], 8, 0, .. ip]).ToArray());
            files.Add(new CaptureFileBuilder(bigEndian).PcapHeader(linkType: LinkType.Null).PcapRecord(1, 2, [2, 0, 0, 0, .. ip]).PcapRecord(1, 2, [0, 0, 0, 30, .. ip]).ToArray());
            files.Add(new CaptureFileBuilder(bigEndian)
                .Section()
                .Interface(options: o => o.Option(2, 65, 66, 67).Option(9, 9).Option(14, 0, 0, 0, 0, 0, 0, 0, 1).Option(0))
                .Interface(LinkType.Raw, 60)
                .Enhanced(frame, 77, options: o => o.Option(1, 65).Option(0))
                .Block(0x0BAD, b => b.U32(1).U8(new byte[21]))
                .Enhanced(ip, 78, interfaceId: 1)
                .Simple(frame)
                .Obsolete(frame, 79)
                .Section()
                .Interface(LinkType.LinuxSll2)
                .Enhanced([8, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 6, .. frame[..8], .. ip], 80)
                .ToArray());
        }

        return [.. files];
    }

    private static byte[] Mutate(byte[] original, byte[][] originals, Random random)
    {
        List<byte> file = [.. original];
        for (int changes = random.Next(1, 5); changes > 0 && file.Count > 8; changes--)
        {
            int at = random.Next(file.Count - 4);
            int wordAt = at & ~3;
            switch (random.Next(7))
            {
                case 0:
                    file[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    file[at] = (byte)random.Next(256);
                    break;
                case 2:
                    uint value = Interesting[random.Next(Interesting.Length)];
                    for (int i = 0; i < 4; i++)
                        file[wordAt + i] = (byte)(value >> (8 * (random.Next(2) == 0 ? i : 3 - i)));
                    break;
                case 3:
                    file.RemoveRange(at, random.Next(1, Math.Min(40, file.Count - at)));
                    break;
                case 4:
                    file.InsertRange(at, file.GetRange(wordAt, random.Next(1, Math.Min(64, file.Count - wordAt))));
                    break;
                case 5:
                    file.RemoveRange(at, file.Count - at);
                    break;
                default:
                    byte[] other = originals[random.Next(originals.Length)];
                    file.InsertRange(random.Next(2) == 0 ? at : file.Count, other[random.Next(other.Length)..]);
                    break;
            }
        }

        return [.. file];
    }

    [Fact]
    public void Mutated_captures_end_or_fail_as_format_errors_in_little_memory()
    {
        int files = Setting("OPENNETVM_FUZZ_FILES", 20_000);
        int seed = Setting("OPENNETVM_FUZZ_SEED", Environment.TickCount);
        byte[][] originals = Originals();
        Assert.All(originals, file => Assert.Null(ReadFrame.UpToDamage(file).Error));
        Random random = new(seed);
        int damaged = 0, whole = 0;
        long delivered = 0;
        for (int i = 0; i < files; i++)
        {
            byte[] file = Mutate(originals[random.Next(originals.Length)], originals, random);
            CaptureReaderOptions options = new() { ConvertToEthernet = random.Next(2) == 0 };
            long before = GC.GetAllocatedBytesForCurrentThread();
            int frames = 0;
            try
            {
                using CaptureReader reader = CaptureReader.Open(new MemoryStream(file), "mutated", options);
                while (reader.TryRead(out CapturedFrame frame))
                {
                    Assert.True(frame.WireLength >= frame.Data.Length && frame.Data.Length <= file.Length + 14);
                    Assert.True(frame.InterfaceIndex < reader.Interfaces.Count);
                    Assert.True(++frames < MostFramesOfAFile, "more frames than the file can hold");
                }

                whole++;
            }
            catch (CaptureFormatException error)
            {
                Assert.InRange(error.Offset, 0, file.Length);
                damaged++;
            }
            catch (Exception error) when (error is not Xunit.Sdk.IAssertionException)
            {
                Assert.Fail($"seed {seed}, file {i}: {error}\n{Convert.ToHexString(file)}");
            }

            delivered += frames;
            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(allocated < MostBytesOfAFile, $"seed {seed}, file {i}: {allocated} bytes allocated\n{Convert.ToHexString(file)}");
        }

        // A fuzzer that only ever sees one outcome tests nothing.
        Assert.True(damaged > files / 10 && whole > files / 100 && delivered > files / 10, $"{damaged} damaged, {whole} whole, {delivered} frames");
    }
}
