using System.Buffers.Binary;
using System.Text;
using FsCheck.Xunit;
using OpenNetVM.Core.Headers;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.Headers;

public class InternetChecksumTests
{
    [Fact]
    public void The_example_of_RFC_1071_gives_its_published_sum()
    {
        byte[] bytes = [0x00, 0x01, 0xF2, 0x03, 0xF4, 0xF5, 0xF6, 0xF7];
        Assert.Equal(0xDDF2u, InternetChecksum.Sum(bytes));
        Assert.Equal(0x220D, InternetChecksum.Compute(bytes));
    }

    [Fact]
    public void The_example_of_RFC_1624_gives_zero_and_not_minus_zero() =>
        Assert.Equal(0x0000, InternetChecksum.Update(0xDD2F, (ushort)0x5555, (ushort)0x3285));

    [Fact]
    public void A_known_IPv4_header_has_its_known_checksum()
    {
        byte[] header = Convert.FromHexString("450000730000400040110000C0A80001C0A800C7");
        Assert.Equal(0xB861, InternetChecksum.Compute(header));
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(10), 0xB861);
        Assert.True(InternetChecksum.IsValid(header));
        header[8]--;
        Assert.False(InternetChecksum.IsValid(header));
    }

    [Fact]
    public void All_forms_agree_with_the_plain_sum_for_every_length_and_alignment()
    {
        Random random = new(1);
        byte[] bytes = new byte[2100];
        random.NextBytes(bytes);
        for (int length = 0; length <= 2048; length++)
            CompareForms(bytes.AsSpan(length % 17, length));
    }

    [Theory]
    [InlineData(0x00)]
    [InlineData(0xFF)]
    public void All_forms_carry_rightly_for_extreme_bytes(byte value)
    {
        byte[] bytes = new byte[80_001];
        bytes.AsSpan().Fill(value);
        foreach (int length in new[] { 1, 2, 3, 63, 64, 65, 1500, 65_535, 80_000, 80_001 })
            CompareForms(bytes.AsSpan(0, length));
    }

    [Property]
    public bool Updating_16_bits_equals_computing_again(byte[] header, ushort value, byte place) =>
        UpdateEqualsFull(header, place, 2, (bytes, checksum, at) =>
        {
            ushort from = BinaryPrimitives.ReadUInt16BigEndian(bytes.AsSpan(at));
            BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(at), value);
            return InternetChecksum.Update(checksum, from, value);
        });

    [Property]
    public bool Updating_32_bits_equals_computing_again(byte[] header, uint value, byte place) =>
        UpdateEqualsFull(header, place, 4, (bytes, checksum, at) =>
        {
            uint from = BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(at));
            BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(at), value);
            return InternetChecksum.Update(checksum, from, value);
        });

    [Property]
    public bool Updating_128_bits_equals_computing_again(byte[] header, ulong high, ulong low, byte place) =>
        UpdateEqualsFull(header, place, 16, (bytes, checksum, at) =>
        {
            UInt128 value = new(high, low);
            UInt128 from = BinaryPrimitives.ReadUInt128BigEndian(bytes.AsSpan(at));
            BinaryPrimitives.WriteUInt128BigEndian(bytes.AsSpan(at), value);
            return InternetChecksum.Update(checksum, from, value);
        });

    [Fact]
    public void Updating_every_16_bit_word_to_every_value_equals_computing_again()
    {
        // All pairs would be 2^32; every value against the ones where carries and the two zeros live is enough.
        byte[] bytes = [0x45, 0x00, 0x12, 0x34];
        foreach (ushort from in new ushort[] { 0x0000, 0x0001, 0x7FFF, 0x8000, 0xBACA, 0xBACB, 0xBACC, 0xFFFE, 0xFFFF })
        {
            BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(2), from);
            ushort before = InternetChecksum.Compute(bytes);
            for (int to = 0; to <= 0xFFFF; to++)
            {
                BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(2), (ushort)to);
                if (InternetChecksum.Update(before, from, (ushort)to) != InternetChecksum.Compute(bytes))
                    Assert.Fail($"{from:x4} -> {to:x4}");
            }
        }
    }

    [Fact]
    public void The_pseudo_headers_equal_their_bytes()
    {
        byte[] four = Convert.FromHexString("C0000201C6336402" + "0011" + "0123");
        Assert.Equal(InternetChecksum.Compute(four), InternetChecksum.Finish(InternetChecksum.PseudoHeader(0xC0000201, 0xC6336402, 17, 0x123)));

        byte[] six = Convert.FromHexString("20010DB8000000000000000000000001FFFF0DB8FFFFFFFFFFFFFFFFFFFFFFFE" + "00012345" + "0000003A");
        UInt128 source = BinaryPrimitives.ReadUInt128BigEndian(six);
        UInt128 destination = BinaryPrimitives.ReadUInt128BigEndian(six.AsSpan(16));
        Assert.Equal(InternetChecksum.Compute(six), InternetChecksum.Finish(InternetChecksum.PseudoHeader(source, destination, 58, 0x12345)));
    }

    [Fact]
    public void A_computed_zero_is_sent_as_all_ones_by_UDP_and_zero_stays_none()
    {
        byte[] frame = HandMadeFrames.Udp4;
        Assert.True(Ipv4Header.TryParse(frame.AsSpan(14), out Ipv4Header ip));
        Assert.True(UdpHeader.TryParse(ip.Payload, out UdpHeader udp));
        Assert.False(udp.HasChecksum);
        Assert.True(udp.IsChecksumValid(ip));

        udp.ReplaceSourcePort(99);
        udp.AccountForAddressChange(1, 2);
        Assert.Equal(0, udp.Checksum);

        // Data is chosen so that the sum is all ones: the checksum would be 0.
        udp.Payload.Clear();
        udp.UpdateChecksum(ip);
        BinaryPrimitives.WriteUInt16BigEndian(udp.Payload, udp.Checksum);
        udp.UpdateChecksum(ip);
        Assert.Equal(0xFFFF, udp.Checksum);
        Assert.True(udp.IsChecksumValid(ip));

        // The same by an incremental change away and back.
        udp.ReplaceDestinationPort(81);
        Assert.NotEqual(0xFFFF, udp.Checksum);
        udp.ReplaceDestinationPort(80);
        Assert.Equal(0xFFFF, udp.Checksum);
    }

    [Fact]
    public void The_checksum_of_SCTP_is_CRC_32C_with_its_own_field_taken_as_zero()
    {
        // The plain CRC is shown to be CRC-32C by its published check value; SCTP's is compared with it over a packet whose checksum field is filled.
        Assert.Equal(0xE3069283u, PlainCrc32C(Encoding.ASCII.GetBytes("123456789")));
        for (int data = 0; data < 40; data++)
        {
            byte[] packet = new byte[12 + data];
            new Random(data).NextBytes(packet);
            Assert.True(SctpHeader.TryParse(packet, out SctpHeader sctp));
            uint checksum = sctp.ComputeChecksum();
            packet.AsSpan(8, 4).Clear();
            Assert.Equal(PlainCrc32C(packet), checksum);
        }
    }

    [Fact]
    public void Checksums_of_a_real_SCTP_association_are_right_and_stay_right_when_written_anew()
    {
        int valid = 0;
        int whole = 0;
        foreach (RawCapture.Frame frame in RawCapture.Read(RepositoryFiles.Capture("zeek__sctp.pcap")))
        {
            FlowKeyReader.Parse(frame.Data, out PacketLayers layers);
            Assert.True(SctpHeader.TryParse(layers.Transport(frame.Data.AsSpan()), out SctpHeader sctp));
            whole++;
            valid += sctp.IsChecksumValid ? 1 : 0;
            uint before = sctp.Checksum;
            bool wasValid = sctp.IsChecksumValid;
            sctp.UpdateChecksum();
            Assert.Equal(wasValid, before == sctp.Checksum);
        }

        Assert.Equal((74, 74), (whole, valid));
    }

    private static void CompareForms(ReadOnlySpan<byte> bytes)
    {
        uint expected = PlainSum(bytes);
        Assert.Equal(expected, InternetChecksum.SumScalar(bytes));
        Assert.Equal(expected, InternetChecksum.SumVector128(bytes));
        Assert.Equal(expected, InternetChecksum.SumVector256(bytes));
        Assert.Equal(expected, InternetChecksum.Sum(bytes));
        Assert.Equal((ushort)~expected, InternetChecksum.Compute(bytes));
    }

    private static uint PlainSum(ReadOnlySpan<byte> bytes)
    {
        uint sum = 0;
        for (int i = 0; i < bytes.Length; i++)
        {
            sum += i % 2 == 0 ? (uint)bytes[i] << 8 : bytes[i];
            sum = (sum & 0xFFFF) + (sum >> 16);
        }

        return sum;
    }

    private static bool UpdateEqualsFull(byte[] random, byte place, int width, Func<byte[], ushort, int, ushort> change)
    {
        // A header is an even number of bytes, never all zero: it begins with version and length.
        byte[] bytes = [0x45, 0, .. random, .. new byte[width + (random.Length % 2)]];
        ushort before = InternetChecksum.Compute(bytes);
        int at = 2 + (place % ((bytes.Length - 2 - width) / 2 + 1) * 2);
        return change(bytes, before, at) == InternetChecksum.Compute(bytes);
    }

    private static uint PlainCrc32C(byte[] bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte part in bytes)
        {
            crc ^= part;
            for (int bit = 0; bit < 8; bit++)
                crc = (crc & 1) != 0 ? (crc >> 1) ^ 0x82F63B78 : crc >> 1;
        }

        return ~crc;
    }
}
