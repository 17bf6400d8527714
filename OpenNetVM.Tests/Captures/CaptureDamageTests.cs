using System.IO.Compression;
using OpenNetVM.Core.Captures;

namespace OpenNetVM.Tests.Captures;

/// <summary>Every kind of damage: what came before it is delivered, then the error names file, offset and reason.</summary>
public class CaptureDamageTests
{
    private static readonly byte[] Frame60 = [.. Enumerable.Range(0, 60).Select(i => (byte)i)];

    private static CaptureFileBuilder Pcap() => new CaptureFileBuilder().PcapHeader().PcapRecord(1, 2, Frame60);

    private static CaptureFileBuilder PcapNg() => new CaptureFileBuilder().Section().Interface().Enhanced(Frame60, 5);

    private static void AssertDamaged(byte[] file, int framesBefore, long offset, string reason, CaptureReaderOptions? options = null)
    {
        (List<ReadFrame> frames, CaptureFormatException? error) = ReadFrame.UpToDamage(file, options);
        Assert.NotNull(error);
        Assert.Equal(framesBefore, frames.Count);
        Assert.All(frames, frame => Assert.Equal(Frame60, frame.Data));
        Assert.Equal("built.cap", error.FileName);
        Assert.Equal(offset, error.Offset);
        Assert.Contains(reason, error.Reason, StringComparison.Ordinal);
        Assert.Contains("built.cap", error.Message, StringComparison.Ordinal);
        Assert.Contains(error.Reason, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_empty_file() => AssertDamaged([], 0, 0, "the file is empty");

    [Fact]
    public void A_file_shorter_than_a_magic() => AssertDamaged([1, 2, 3], 0, 0, "only 3 bytes");

    [Fact]
    public void A_file_that_is_something_else() => AssertDamaged([.. "#!/bin/sh, not a capture"u8], 0, 0, "begins with 23212f62");

    [Fact]
    public void A_compressed_file()
    {
        MemoryStream compressed = new();
        using (GZipStream gzip = new(compressed, CompressionMode.Compress, leaveOpen: true))
            gzip.Write(Pcap().ToArray());
        AssertDamaged(compressed.ToArray(), 0, 0, "gzip");
        compressed.Position = 0;
        using CaptureReader reader = CaptureReader.Open(new GZipStream(compressed, CompressionMode.Decompress), "through a GZipStream");
        Assert.Single(ReadFrame.All(reader));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_ambiguous_modified_pcap_format(bool bigEndian) =>
        AssertDamaged(new CaptureFileBuilder(bigEndian).PcapHeader(0xA1B2CD34).ToArray(), 0, 0, "modified pcap");

    [Fact]
    public void A_pcap_header_cut_short() => AssertDamaged(Pcap().ToArray()[..20], 0, 0, "inside the file header: 20 of 24");

    [Fact]
    public void A_pcap_version_that_nobody_knows() => AssertDamaged(new CaptureFileBuilder().PcapHeader(major: 3).ToArray(), 0, 0, "version 3.4");

    [Theory]
    [InlineData(1, "inside a record header: 1 of 16")]
    [InlineData(15, "inside a record header: 15 of 16")]
    [InlineData(16, "inside a record: 16 of 76")]
    [InlineData(75, "inside a record: 75 of 76")]
    public void A_last_pcap_record_cut_short(int kept, string reason)
    {
        byte[] file = Pcap().PcapRecord(1, 2, Frame60).ToArray();
        AssertDamaged(file[..(24 + 76 + kept)], 1, 24 + 76, reason);
    }

    [Fact]
    public void A_pcap_record_that_claims_more_than_is_accepted() =>
        AssertDamaged(Pcap().PcapRecord(1, 2, Frame60, captured: 262_145, wire: 262_145).ToArray(), 1, 100, "claims 262145 captured bytes; at most 262144");

    [Fact]
    public void A_pcap_record_that_claims_four_gigabytes() =>
        AssertDamaged(Pcap().PcapRecord(1, 2, Frame60, captured: uint.MaxValue, wire: uint.MaxValue).ToArray(), 1, 100, "claims 4294967295 captured bytes");

    [Fact]
    public void A_record_that_captured_more_than_there_was() =>
        AssertDamaged(Pcap().PcapRecord(1, 2, Frame60, wire: 59).ToArray(), 1, 100, "60 captured bytes of a frame of 59 bytes");

    [Fact]
    public void A_frame_of_gigabytes_on_the_wire() =>
        AssertDamaged(Pcap().PcapRecord(1, 2, Frame60, wire: 0x8000_0000).ToArray(), 1, 100, "2147483648 bytes on the wire");

    [Fact]
    public void The_accepted_length_can_be_chosen()
    {
        byte[] file = Pcap().PcapRecord(1, 2, new byte[61]).ToArray();
        AssertDamaged(file, 1, 100, "at most 60", new CaptureReaderOptions { MaxFrameLength = 60 });
        Assert.Null(ReadFrame.UpToDamage(file, new CaptureReaderOptions { MaxFrameLength = 61 }).Error);
        Assert.Throws<ArgumentOutOfRangeException>(() => new CaptureReaderOptions { MaxFrameLength = 0 });
    }

    [Fact]
    public void Frames_of_any_length_are_read_where_they_are_accepted()
    {
        byte[] huge = new byte[3_000_000];
        Random.Shared.NextBytes(huge);
        byte[] file = new CaptureFileBuilder().PcapHeader().PcapRecord(1, 2, huge).PcapRecord(1, 2, Frame60).ToArray();
        (List<ReadFrame> frames, CaptureFormatException? error) = ReadFrame.UpToDamage(file, new CaptureReaderOptions { MaxFrameLength = 4_000_000 });
        Assert.Null(error);
        Assert.Equal([huge, Frame60], frames.Select(f => f.Data));
    }

    [Fact]
    public void A_section_with_a_senseless_byte_order_magic() =>
        AssertDamaged(new CaptureFileBuilder().Block(0x0A0D0D0A, b => b.U32(0xDDCCBBAA).U32(1).I64(-1)).ToArray(), 0, 0, "byte-order magic is aabbccdd");

    [Fact]
    public void A_pcapng_version_that_nobody_knows() => AssertDamaged(new CaptureFileBuilder().Section(major: 2).ToArray(), 0, 0, "pcapng version 2.0");

    [Theory]
    [InlineData(10)]
    [InlineData(27)]
    public void A_section_header_cut_short(int kept) => AssertDamaged(PcapNg().ToArray()[..kept], 0, 0, $"inside a section header block: {kept} of 28");

    [Fact]
    public void Block_lengths_that_disagree()
    {
        CaptureFileBuilder file = PcapNg();
        long at = file.Offset;
        AssertDamaged(file.Block(6, b => b.U8(new byte[24]), trailer: 40).ToArray(), 1, at, "a block of 36 bytes ends with the length 40");
    }

    [Fact]
    public void Block_lengths_that_disagree_in_a_block_passed_over()
    {
        CaptureFileBuilder file = PcapNg();
        long at = file.Offset;
        AssertDamaged(file.Block(0x0BAD, b => b.U8(new byte[24]), trailer: 40).ToArray(), 1, at, "a block of 36 bytes ends with the length 40");
    }

    [Theory]
    [InlineData(6, 28u, "at least 32 were expected")]
    [InlineData(3, 12u, "at least 16 were expected")]
    [InlineData(2, 0u, "at least 32 were expected")]
    [InlineData(1, 16u, "at least 20 were expected")]
    [InlineData(0x0BAD, 8u, "at least 12 were expected")]
    [InlineData(0x0BAD, 0u, "at least 12 were expected")]
    [InlineData(6, 37u, "not a multiple of 4")]
    [InlineData(0x0BAD, 37u, "not a multiple of 4")]
    [InlineData(6, 0xFFFF_FFFCu, "at most")]
    [InlineData(1, 0xFFFF_FFFCu, "at most")]
    [InlineData(0x0A0D0D0A, 0xFFFF_FFFCu, "at most")]
    [InlineData(0x0BAD, 0xFFFF_FFFCu, "inside a block of 4294967292 bytes")]
    public void A_block_whose_length_cannot_be(uint type, uint length, string reason)
    {
        CaptureFileBuilder file = PcapNg();
        long at = file.Offset;
        AssertDamaged(file.Block(type, b => b.U32(0x1A2B3C4D).U8(new byte[60]), length).ToArray(), 1, at, reason);
    }

    [Theory]
    [InlineData(4, "inside a block header: 4 of 8")]
    [InlineData(8, "inside a packet block: 8 of 92")]
    [InlineData(91, "inside a packet block: 91 of 92")]
    public void A_last_block_cut_short(int kept, string reason)
    {
        CaptureFileBuilder file = PcapNg();
        long at = file.Offset;
        AssertDamaged(file.Enhanced(Frame60).ToArray()[..(int)(at + kept)], 1, at, reason);
    }

    [Fact]
    public void A_packet_that_claims_more_than_its_block_holds()
    {
        CaptureFileBuilder file = PcapNg();
        long at = file.Offset;
        AssertDamaged(file.Enhanced(Frame60, captured: 61, wire: 61).ToArray(), 1, at, "claims 61 captured bytes; the block has room for 60");
    }

    [Fact]
    public void A_simple_packet_that_claims_more_than_its_block_holds()
    {
        CaptureFileBuilder file = PcapNg();
        long at = file.Offset;
        AssertDamaged(file.Simple(Frame60, wire: 1514).ToArray(), 1, at, "claims 1514 captured bytes; the block has room for 60");
    }

    [Theory]
    [InlineData(1u)]
    [InlineData(uint.MaxValue)]
    public void A_packet_of_an_interface_that_was_not_described(uint id)
    {
        CaptureFileBuilder file = PcapNg();
        long at = file.Offset;
        AssertDamaged(file.Enhanced(Frame60, interfaceId: id).ToArray(), 1, at, $"names interface {id}; its section describes 1");
    }

    [Fact]
    public void A_packet_of_an_interface_of_another_section()
    {
        CaptureFileBuilder file = PcapNg().Section();
        long at = file.Offset;
        AssertDamaged(file.Enhanced(Frame60).ToArray(), 1, at, "names interface 0; its section describes 0");
    }

    [Fact]
    public void An_option_that_reaches_out_of_its_block()
    {
        CaptureFileBuilder file = PcapNg();
        long at = file.Offset;
        AssertDamaged(file.Interface(options: o => o.U16(2).U16(9).U8(new byte[8])).ToArray(), 1, at, "option 2 of an interface description claims 9 bytes; 8 are left");
    }

    [Theory]
    [InlineData(9, 4, "has 4 bytes; 1 were expected")]
    [InlineData(14, 4, "has 4 bytes; 8 were expected")]
    public void A_time_stamp_option_of_the_wrong_size(int code, int length, string reason)
    {
        CaptureFileBuilder file = PcapNg();
        long at = file.Offset;
        AssertDamaged(file.Interface(options: o => o.Option(code, new byte[length])).ToArray(), 1, at, reason);
    }

    [Fact]
    public void A_flood_of_interfaces()
    {
        CaptureFileBuilder file = PcapNg();
        for (int i = 1; i < 65_536; i++)
            file.Interface();
        long at = file.Offset;
        AssertDamaged(file.Interface().ToArray(), 1, at, "more than 65536 interfaces");
    }

    [Fact]
    public void The_error_is_repeated_by_every_later_read()
    {
        using CaptureReader reader = Pcap().U8(1, 2, 3).Open();
        Assert.True(reader.TryRead(out _));
        CaptureFormatException first = Assert.Throws<CaptureFormatException>(() => reader.TryRead(out _));
        CaptureFormatException second = Assert.Throws<CaptureFormatException>(() => reader.TryRead(out _));
        Assert.Equal((first.Offset, first.Reason), (second.Offset, second.Reason));
    }

    [Fact]
    public async Task Asynchronous_reads_report_the_same_damage()
    {
        await using CaptureReader reader = await CaptureReader.OpenAsync(new MemoryStream(Pcap().U8(1, 2, 3).ToArray()), "async.cap", null, TestContext.Current.CancellationToken);
        Assert.True(await reader.ReadAsync(TestContext.Current.CancellationToken));
        CaptureFormatException error = await Assert.ThrowsAsync<CaptureFormatException>(async () => await reader.ReadAsync(TestContext.Current.CancellationToken));
        Assert.Equal(100, error.Offset);
    }
}
