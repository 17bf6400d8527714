using System.Globalization;
using System.Runtime.InteropServices;
using OpenNetVM.Core.Headers;
using OpenNetVM.FlowTable;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.Headers;

/// <summary>
/// Mutated frames against every parser and view. The frames lie against pages that may not be touched, so a read outside a frame ends the test run.
/// OPENNETVM_FUZZ_FRAMES sets how many frames (one million otherwise), OPENNETVM_FUZZ_SEED repeats a run.
/// </summary>
public class HeaderFuzzTests
{
    private const int Longest = 1600;
    private static readonly byte[] TellingBytes =
        [0, 1, 4, 5, 6, 8, 17, 20, 40, 41, 43, 44, 45, 47, 50, 51, 58, 59, 60, 0x45, 0x46, 0x4F, 0x60, 0x7F, 0x80, 0x81, 0x84, 0x86, 0x88, 0x91, 132, 0x89, 0xA8, 0xAA, 0xBE, 0xDD, 0xEB, 0xFF];

    [Fact]
    public void No_mutated_frame_makes_a_parser_throw_read_outside_the_frame_or_differ_from_the_reference()
    {
        int frames = Number("OPENNETVM_FUZZ_FRAMES") ?? 1_000_000;
        int seed = Number("OPENNETVM_FUZZ_SEED") ?? Random.Shared.Next();
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}, {frames} frames");
        List<byte[]> seeds = Seeds();
        Random random = new(seed);
        using GuardedBuffer buffer = new(2 * Longest);
        ulong seen = 0;
        int keys = 0;
        for (int i = 0; i < frames; i++)
        {
            Span<byte> frame = Mutate(seeds, random, buffer);
            try
            {
                keys += Check(frame, random, ref seen);
            }
            catch (Exception exception)
            {
                throw new InvalidOperationException($"Frame {i} of OPENNETVM_FUZZ_SEED={seed} (as it stands now): {Convert.ToHexString(frame)}", exception);
            }
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{keys} frames had a flow key; checksum of all that was read {seen:x}");

        // Mutation must leave enough of the frames whole for the deeper layers to be reached.
        Assert.InRange(keys, frames / 4, frames);
    }

    private static int Check(Span<byte> frame, Random random, ref ulong seen)
    {
        FlowKeyStatus status = FlowKeyReader.Read(frame, out Ipv4FlowKey ipv4, out Ipv6FlowKey ipv6, out PacketLayers layers);
        CompareWithReference(frame, status, ipv4, ipv6, layers);

        // The plain case and the general one must say the same.
        if (frame.Length >= 14)
        {
            FlowKeyReader.ParseFrom(frame, 14, (ushort)((frame[12] << 8) | frame[13]), out PacketLayers general);
            Require(general == layers, "the plain case and the general one differ");
        }

        // Layers that others wrote: any 16 bytes.
        PacketLayers forged = default;
        Span<byte> forgery = MemoryMarshal.AsBytes(new Span<PacketLayers>(ref forged));
        random.NextBytes(forgery);
        forgery[0] = (byte)(forgery[0] % 7);
        if (random.Next(2) == 0)
            MemoryMarshal.Write(forgery[12..], random.Next(-2, frame.Length + 2));
        FlowKeyReader.TryReadKey(frame, forged, out ipv4);
        FlowKeyReader.TryReadKey(frame, forged, out ipv6);
        seen += (ulong)TunnelReader.TryEnter(frame, forged, out _) + (ulong)forged.Network(frame).Length + (ulong)forged.Transport(frame).Length + (ulong)forged.Payload(frame).Length;

        seen += ViewExerciser.Read(frame);
        PacketLayers level = layers;
        for (int depth = 0; depth < 4; depth++)
        {
            seen += ViewExerciser.Read(level.Network(frame));
            seen += ViewExerciser.Read(level.Transport(frame));
            seen += ViewExerciser.Read(level.Payload(frame));
            if (TunnelReader.TryEnter(frame, level, out PacketLayers inner) == TunnelKind.None)
                break;
            FlowKeyReader.TryReadKey(frame, inner, out ipv4);
            FlowKeyReader.TryReadKey(frame, inner, out ipv6);
            seen += ipv4.Source + (ulong)ipv6.Source;
            level = inner;
        }

        uint value = (uint)random.Next();
        ViewExerciser.Write(layers.Transport(frame), value);
        ViewExerciser.Write(layers.Network(frame), value);
        ViewExerciser.Write(frame, value);
        return layers.HasKey ? 1 : 0;
    }

    private static void CompareWithReference(Span<byte> frame, FlowKeyStatus status, Ipv4FlowKey ipv4, Ipv6FlowKey ipv6, PacketLayers layers)
    {
        ReferenceParser expected = ReferenceParser.Parse(frame);
        Require(expected.Status == status && status == layers.Status, "the status differs from the reference");
        Require(Math.Min(15, expected.Vlans) == layers.VlanCount, "the number of VLAN tags differs from the reference");
        if (!layers.HasKey)
            return;
        Require(Math.Min(15, expected.Labels) == layers.MplsCount, "the number of MPLS labels differs from the reference");
        Require(expected.Protocol == layers.Protocol, "the protocol differs from the reference");
        Require(expected.Fragment == layers.Fragment, "the kind of fragment differs from the reference");
        ushort source = (ushort)expected.SourcePort;
        ushort destination = (ushort)expected.DestinationPort;
        if (status == FlowKeyStatus.Ipv4)
            Require(ipv4 == new Ipv4FlowKey((uint)expected.Source, (uint)expected.Destination, source, destination, expected.Protocol), "the IPv4 key differs from the reference");
        else
            Require(ipv6 == new Ipv6FlowKey(expected.Source, expected.Destination, source, destination, expected.Protocol), "the IPv6 key differs from the reference");
    }

    private static void Require(bool condition, string otherwise)
    {
        if (!condition)
            throw new InvalidOperationException(otherwise);
    }

    private static Span<byte> Mutate(List<byte[]> seeds, Random random, GuardedBuffer buffer)
    {
        byte[] seed = seeds[random.Next(seeds.Count)];
        int length = seed.Length;
        int shape = random.Next(16);
        if (shape == 0)
            length = random.Next(seed.Length + 1);
        else if (shape == 1)
            length = Math.Min(seed.Length, 14 + random.Next(80));
        int inserted = shape == 2 ? 4 * random.Next(1, 5) : 0;
        int total = length + inserted;
        Span<byte> frame = random.Next(2) == 0 ? buffer.AtEnd(total) : buffer.AtStart(total);
        if (inserted == 0)
        {
            seed.AsSpan(0, length).CopyTo(frame);
        }
        else
        {
            // Something is pushed in behind the addresses, as tags and labels are.
            int at = Math.Min(length, random.Next(2) == 0 ? 12 : 14);
            seed.AsSpan(0, at).CopyTo(frame);
            for (int i = at; i < at + inserted; i++)
                frame[i] = TellingBytes[random.Next(TellingBytes.Length)];
            seed.AsSpan(at, length - at).CopyTo(frame[(at + inserted)..]);
        }

        if (frame.IsEmpty)
            return frame;
        for (int changes = random.Next(6); changes > 0; changes--)
        {
            // The headers are where a change matters: most of them go into the first bytes.
            int place = random.Next(random.Next(4) == 0 ? frame.Length : Math.Min(frame.Length, 80));
            frame[place] = random.Next(4) switch
            {
                0 => (byte)(frame[place] ^ (1 << random.Next(8))),
                1 => (byte)random.Next(256),
                2 => TellingBytes[random.Next(TellingBytes.Length)],
                _ => (byte)(frame[place] + random.Next(-2, 3)),
            };
        }

        return frame;
    }

    private static List<byte[]> Seeds()
    {
        List<byte[]> seeds = [.. HandMadeFrames.All];
        if (RepositoryFiles.Traffic is null)
            return seeds;

        // Every kind of frame of the real captures, but not a thousand alike: one seed for each combination of layers and rough length in a file.
        foreach (TheoryDataRow<string> capture in RawCapture.RealCaptures)
        {
            HashSet<(int, ulong)> kinds = [];
            foreach (RawCapture.Frame frame in RawCapture.Read(RepositoryFiles.Capture(capture.Data)))
            {
                byte[] data = frame.Data.Length > Longest ? frame.Data[..Longest] : frame.Data;
                FlowKeyReader.Parse(data, out PacketLayers layers);
                if (kinds.Add((data.Length / 16, MemoryMarshal.Read<ulong>(MemoryMarshal.AsBytes(new ReadOnlySpan<PacketLayers>(in layers))))))
                    seeds.Add(data);
            }
        }

        return seeds;
    }

    private static int? Number(string variable) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.Integer, CultureInfo.InvariantCulture, out int value) ? value : null;
}
