using System.Runtime.InteropServices;

namespace OpenNetVM.Dpdk.Interop;

/// <summary>
/// Safe from any thread: while one of these lives, what C code prints on stdout and stderr goes into the log. EAL's usage text, getopt and some drivers print
/// past DPDK's log. .NET's console does not go through the C library's streams and is not touched.
/// </summary>
/// <remarks>
/// The GNU C library lets a program assign stdout and stderr (its manual, "Standard Streams"); elsewhere they are constants, and nothing is redirected. What another
/// native library of the process prints meanwhile arrives in the log too.
/// </remarks>
internal static class NativeOutput
{
    private static readonly Lock Gate = new();
    private static readonly (nint Out, nint Error) Variables = Find();

    private static int _nested;
    private static nint _out;
    private static nint _error;

    public static unsafe void Redirect(nint file)
    {
        if (Variables.Out == 0)
            return;
        lock (Gate)
        {
            if (_nested++ > 0)
                return;
            _out = *(nint*)Variables.Out;
            _error = *(nint*)Variables.Error;
            *(nint*)Variables.Out = file;
            *(nint*)Variables.Error = file;
        }
    }

    public static unsafe void Restore()
    {
        if (Variables.Out == 0)
            return;
        lock (Gate)
        {
            if (--_nested > 0)
                return;
            *(nint*)Variables.Out = _out;
            *(nint*)Variables.Error = _error;
        }
    }

    // The main program's scope: a program may have a copy of the variables, which is then the one that counts.
    private static (nint Out, nint Error) Find()
    {
        nint program = NativeLibrary.GetMainProgramHandle();
        return NativeLibrary.TryGetExport(program, "gnu_get_libc_version", out _)
            && NativeLibrary.TryGetExport(program, "stdout", out nint output)
            && NativeLibrary.TryGetExport(program, "stderr", out nint error)
            ? (output, error)
            : (0, 0);
    }
}
