using System.Runtime.InteropServices;
using OpenNetVM.Benchmarks.Regression;

namespace OpenNetVM.Benchmarks.Reference;

/// <summary>
/// A C file of this folder, compiled for this machine against the installed DPDK and loaded: what a comparison measures us against.
/// The compiled library lies beside the benchmarks' program and is made anew when its source is newer.
/// </summary>
internal sealed class ReferenceLibrary : IDisposable
{
    private readonly nint _handle;

    private ReferenceLibrary(nint handle) => _handle = handle;

    /// <summary>Compiles, where needed, and loads a C file.</summary>
    /// <param name="source">The name of the file, for example "rss_reference.c".</param>
    /// <param name="missing">What has to be installed, where null is returned.</param>
    /// <returns>The library, or null on a machine without DPDK's headers or without a C compiler.</returns>
    /// <exception cref="InvalidOperationException">The file does not compile.</exception>
    internal static ReferenceLibrary? TryLoad(string source, out string missing)
    {
        string folder = Path.Combine(AppContext.BaseDirectory, "Reference");
        string sourcePath = Path.Combine(folder, source);
        string libraryPath = Path.Combine(folder, Path.ChangeExtension(source, ".so"));
        missing = "";
        if (!File.Exists(libraryPath) || File.GetLastWriteTimeUtc(libraryPath) < LastChange(sourcePath))
        {
            missing = WhatIsMissing();
            if (missing.Length > 0)
                return null;
            Compile(sourcePath, libraryPath);
        }

        return new ReferenceLibrary(NativeLibrary.Load(libraryPath));
    }

    /// <summary>The address of an exported function, to be cast to a function pointer.</summary>
    internal nint Function(string name) => NativeLibrary.GetExport(_handle, name);

    /// <summary>Unloads the library; its functions must not be called any more.</summary>
    public void Dispose() => NativeLibrary.Free(_handle);

    // Which headers a file includes is the compiler's business: a change of any of them counts.
    private static DateTime LastChange(string source) =>
        Directory.EnumerateFiles(Path.GetDirectoryName(source)!, "*.h").Append(source).Max(File.GetLastWriteTimeUtc);

    private static string WhatIsMissing()
    {
        if (ChildProgram.Run("cc", ["--version"]).ExitCode != 0)
            return "no C compiler (cc) was found; on Debian and Ubuntu: apt-get install gcc libc6-dev";
        if (ChildProgram.Run("pkg-config", ["--exists", "libdpdk"]).ExitCode != 0)
            return "pkg-config finds no libdpdk; on Debian and Ubuntu: apt-get install pkg-config libdpdk-dev";
        return "";
    }

    // As a program in C would be compiled that is to be as fast as it can: for this processor, with DPDK's inline functions in place.
    private static void Compile(string source, string library)
    {
        string[] flags = Words(ChildProgram.Run("pkg-config", ["--cflags", "libdpdk"]).Output);
        string[] libraries = Words(ChildProgram.Run("pkg-config", ["--libs", "libdpdk"]).Output);
        string[] arguments =
        [
            .. flags, "-O3", "-march=native", "-DALLOW_EXPERIMENTAL_API", "-Wall", "-fPIC", "-shared", "-o", library + ".new", source, .. libraries,
        ];
        (int exitCode, _, string error) = ChildProgram.Run("cc", arguments);
        if (exitCode != 0)
            throw new InvalidOperationException($"{source} does not compile: cc {string.Join(' ', arguments)} ended with code {exitCode}:{Environment.NewLine}{error}");

        // In one step, so that a library that was interrupted is never taken for a whole one.
        File.Move(library + ".new", library, overwrite: true);
    }

    private static string[] Words(string text) => text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
}
