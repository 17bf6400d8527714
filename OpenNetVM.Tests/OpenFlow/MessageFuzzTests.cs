using System.Globalization;
using OpenNetVM.OpenFlow.Messages;
using OpenNetVM.OpenFlow.Protocol;
using OpenNetVM.OpenFlow.Wire;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.OpenFlow;

/// <summary>
/// Mutated messages against the decoder. The messages lie against pages that may not be touched. OPENNETVM_FUZZ_MESSAGES sets how many (1,200,000 otherwise),
/// OPENNETVM_FUZZ_SEED repeats a run.
/// </summary>
public class MessageFuzzTests
{
    private const int Longest = 4096;
    private static readonly byte[] TellingBytes = [0, 1, 2, 3, 4, 5, 7, 8, 9, 12, 15, 16, 17, 24, 25, 31, 32, 40, 48, 56, 64, 0x7F, 0x80, 0xFE, 0xFF];

    [Fact]
    public void No_mutated_message_makes_the_decoder_throw_or_read_outside_it_and_what_it_understands_is_written_again_as_the_same()
    {
        int messages = Number("OPENNETVM_FUZZ_MESSAGES") ?? 1_200_000;
        int seed = Number("OPENNETVM_FUZZ_SEED") ?? Random.Shared.Next();
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}, {messages} messages");
        List<byte[]> seeds = Seeds();
        Random random = new(seed);
        using GuardedBuffer buffer = new(2 * Longest);
        MessageBuffer written = new();
        int understood = 0;
        Dictionary<OpenFlowError, int> refused = [];
        for (int i = 0; i < messages; i++)
        {
            Span<byte> bytes = Mutate(seeds, random, buffer);
            try
            {
                if (!MessageDecoder.TryDecode(bytes, out OpenFlowMessage? message, out OpenFlowError error))
                {
                    Assert.True(error.IsError);
                    refused[error] = refused.GetValueOrDefault(error) + 1;
                    continue;
                }

                understood++;
                if (i % 4 == 0)
                    WriteAgain(message, bytes[0], written);
            }
            catch (Exception exception)
            {
                throw new InvalidOperationException($"Message {i} of OPENNETVM_FUZZ_SEED={seed}: {Convert.ToHexString(bytes)}", exception);
            }
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{understood} understood, {refused.Count} kinds of error");
        // Mutation must leave enough of the messages whole for the deeper parts to be reached, and break enough of them.
        Assert.InRange(understood, messages / 5, messages * 9 / 10);
        Assert.InRange(refused.Count, 20, 100);
    }

    private static void WriteAgain(OpenFlowMessage message, byte version, MessageBuffer buffer)
    {
        buffer.TryReset();
        try
        {
            MessageEncoder.Encode(buffer, message, version);
        }
        catch (OverflowException)
        {
            // A name or text that was not UTF-8 is longer when it is written.
            return;
        }

        Assert.True(MessageDecoder.TryDecode(buffer.Written, out OpenFlowMessage? again, out OpenFlowError error), $"{message} was refused with {error} when it was written again");
        buffer.TryReset();
        MessageEncoder.Encode(buffer, again, version);
        Assert.True(MessageDecoder.TryDecode(buffer.Written, out OpenFlowMessage? third, out _));
        Assert.Equal(again, third);
    }

    private static Span<byte> Mutate(List<byte[]> seeds, Random random, GuardedBuffer buffer)
    {
        byte[] seed = seeds[random.Next(seeds.Count)];
        int length = seed.Length;
        if (random.Next(8) == 0)
            length = random.Next(length + 1);
        else if (random.Next(8) == 0)
            length = Math.Min(Longest, length + (8 * random.Next(4)));
        Span<byte> bytes = buffer.AtEnd(length);
        bytes.Clear();
        seed.AsSpan(0, Math.Min(length, seed.Length)).CopyTo(bytes);
        int changes = random.Next(4);
        for (int i = 0; i < changes && length > 0; i++)
        {
            int at = random.Next(length);
            switch (random.Next(4))
            {
                case 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes[at] = TellingBytes[random.Next(TellingBytes.Length)];
                    break;
                case 2 when length >= 2:
                    // A length, most likely.
                    at = random.Next(length / 2) * 2;
                    ushort value = random.Next(3) switch { 0 => 0, 1 => ushort.MaxValue, _ => (ushort)random.Next(64) };
                    (bytes[at], bytes[at + 1]) = ((byte)(value >> 8), (byte)value);
                    break;
                default:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
            }
        }

        // Mostly the header says the true length, or nothing behind it would be looked at.
        if (length >= 8 && random.Next(16) != 0)
            (bytes[2], bytes[3]) = ((byte)(length >> 8), (byte)length);
        return bytes;
    }

    private static List<byte[]> Seeds()
    {
        List<byte[]> seeds = [.. RecordedMessages.VectorNames().Select(RecordedMessages.Vector)];
        for (int i = 0; i < 20 * MessageGenerator.Kinds13; i++)
            seeds.Add(RoundTripTests.Write(new MessageGenerator(i).Next13(i % MessageGenerator.Kinds13), WireVersion.Of13));
        for (int i = 0; i < 10 * MessageGenerator.Kinds10; i++)
            seeds.Add(RoundTripTests.Write(new MessageGenerator(i).Next10(i % MessageGenerator.Kinds10), WireVersion.Of10));
        if (RepositoryFiles.Traffic is not null)
            seeds.AddRange(RecordedMessages.Captures().SelectMany(RecordedMessages.Read).DistinctBy(bytes => (bytes[0], bytes[1], bytes.Length)));
        return [.. seeds.Where(bytes => bytes.Length <= Longest)];
    }

    private static int? Number(string variable) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : null;
}
