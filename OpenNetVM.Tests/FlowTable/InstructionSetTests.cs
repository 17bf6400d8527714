using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using OpenNetVM.FlowTable.Internals;

namespace OpenNetVM.Tests.FlowTable;

/// <summary>Which vector instructions this test run has, so that what tests say about the vector forms is said about the right ones.</summary>
public class InstructionSetTests
{
    [Fact]
    public void Vector_forms_run_exactly_where_the_processor_has_them_and_the_environment_does_not_turn_them_off()
    {
        Assert.SkipUnless(RuntimeInformation.ProcessArchitecture == System.Runtime.InteropServices.Architecture.X64 && File.Exists("/proc/cpuinfo"), "needs Linux on x86-64, where /proc/cpuinfo names the instruction sets");
        string[] flags = File.ReadLines("/proc/cpuinfo").First(line => line.StartsWith("flags")).Split(' ');
        bool vectors = flags.Contains("avx2") && IsOn("DOTNET_EnableHWIntrinsic") && IsOn("DOTNET_EnableAVX2");
        Assert.Equal(vectors, Vector256.IsHardwareAccelerated);
        Assert.Equal(vectors && flags.Contains("gfni") && IsOn("DOTNET_EnableGFNI"), ToeplitzGfni.IsSupported);
        Assert.Equal(vectors && flags.Contains("avx512bw") && IsOn("DOTNET_EnableAVX512"), Vector512.IsHardwareAccelerated);
    }

    private static bool IsOn(string variable) => Environment.GetEnvironmentVariable(variable) != "0";
}
