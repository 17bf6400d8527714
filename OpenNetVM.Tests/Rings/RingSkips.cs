namespace OpenNetVM.Tests.Rings;

internal static class RingSkips
{
    public static void UnlessSharedMemory()
    {
        if (!OperatingSystem.IsLinux() || !Environment.Is64BitProcess)
            Assert.Skip("Shared memory regions need 64-bit Linux.");
    }
}
