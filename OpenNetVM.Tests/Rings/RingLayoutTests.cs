using System.Reflection;
using System.Runtime.InteropServices;
using OpenNetVM.Core.Rings;

namespace OpenNetVM.Tests.Rings;

public sealed class RingLayoutTests
{
    private const int Line = 128;

    private const BindingFlags AllFields = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;

    [Fact]
    public void The_shared_header_has_the_offsets_that_other_processes_rely_on()
    {
        var expected = new Dictionary<string, int>
        {
            [nameof(RingHeader.Magic)] = 0,
            [nameof(RingHeader.Version)] = 8,
            [nameof(RingHeader.Kind)] = 12,
            [nameof(RingHeader.ElementSize)] = 16,
            [nameof(RingHeader.Capacity)] = 20,
            [nameof(RingHeader.ProducerCursor)] = Line,
            [nameof(RingHeader.ConsumerCursor)] = 2 * Line,
        };
        Assert.Equal(expected, OffsetsOf<RingHeader>());
        Assert.Equal(3 * Line, Marshal.SizeOf<RingHeader>());
        Assert.Equal(3 * Line + 8 * 16, SpscRing<StressElement>.RequiredBytes(8));
        Assert.Equal(3 * Line + 8 * 16 + Line, MpmcRing<StressElement>.RequiredBytes(8));
        Assert.Equal(MpmcRing<StressElement>.RequiredBytes(64), MpscRing<StressElement>.RequiredBytes(64));
    }

    [Fact]
    public void The_two_sides_own_words_share_no_cache_line_wherever_the_object_lies()
    {
        Dictionary<string, int> offsets = OffsetsOf<RingLocalState>();
        int[] producer = [.. offsets.Where(field => field.Key.StartsWith("Producer", StringComparison.Ordinal)).Select(field => field.Value)];
        int[] consumer = [.. offsets.Where(field => field.Key.StartsWith("Consumer", StringComparison.Ordinal)).Select(field => field.Value)];
        Assert.Equal(offsets.Count, producer.Length + consumer.Length);
        Assert.Equal(2, producer.Length);
        Assert.Equal(2, consumer.Length);
        // From the last byte of one to the first of the other at least a line, and as much to the neighbours on both ends.
        Assert.True(consumer.Min() - (producer.Max() + sizeof(long)) >= Line - sizeof(long));
        Assert.True(producer.Min() >= Line);
        Assert.True(Marshal.SizeOf<RingLocalState>() - (consumer.Max() + sizeof(long)) >= Line);
    }

    [Fact]
    public void Structs_with_explicit_layout_are_neither_generic_nor_nested()
    {
        Type[] types = [.. typeof(RingHeader).Assembly.GetTypes()
            .Where(type => type.IsValueType && type.IsExplicitLayout && type.Namespace == typeof(RingHeader).Namespace)];
        Assert.Contains(typeof(RingHeader), types);
        Assert.Contains(typeof(RingLocalState), types);
        Assert.All(types, type => Assert.False(type.IsGenericType || type.IsNested, type.FullName));
    }

    private static Dictionary<string, int> OffsetsOf<T>() =>
        typeof(T).GetFields(AllFields).ToDictionary(field => field.Name, field => field.GetCustomAttribute<FieldOffsetAttribute>()!.Value);
}
