using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OpenNetVM.Core.Dataplane;

namespace OpenNetVM.Tests.Dataplane;

public class WorkerCellsTests
{
    private const int Apart = 128;

    private static readonly string[] Flags = [nameof(WorkerCells.Sleeping), nameof(WorkerCells.Attention), nameof(WorkerCells.CanSleep)];

    [Fact]
    public void What_producers_read_shares_no_line_with_what_the_worker_writes_or_with_anything_outside()
    {
        FieldInfo[] fields = typeof(WorkerCells).GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic);
        int[] flags = [.. fields.Where(field => Flags.Contains(field.Name)).Select(Offset)];
        int[] counters = [.. fields.Where(field => !Flags.Contains(field.Name)).Select(Offset)];
        Assert.Equal(Flags.Length, flags.Length);
        Assert.True(counters.Min() >= Apart);
        Assert.True(flags.Min() - (counters.Max() + sizeof(long)) >= Apart);
        Assert.True(Unsafe.SizeOf<WorkerCells>() - (flags.Max() + sizeof(long)) >= Apart);
    }

    private static int Offset(FieldInfo field) => field.GetCustomAttribute<FieldOffsetAttribute>()!.Value;
}
