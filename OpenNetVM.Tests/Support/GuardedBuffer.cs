using System.Runtime.InteropServices;

namespace OpenNetVM.Tests.Support;

/// <summary>
/// Memory between two pages that may not be touched, so that a read or write one byte outside it ends the process instead of going unnoticed.
/// Linux only; elsewhere plain memory, where only the spans' own checks watch (see <see cref="IsGuarded"/>).
/// </summary>
public sealed unsafe partial class GuardedBuffer : IDisposable
{
    private const int ReadWrite = 3;
    private const int NoAccess = 0;
    private const int PrivateAnonymous = 0x22;
    private readonly byte* _mapping;
    private readonly nuint _mappingLength;
    private readonly byte[]? _plain;
    private readonly int _page = Environment.SystemPageSize;

    public GuardedBuffer(int atLeast)
    {
        Length = (atLeast + _page - 1) / _page * _page;
        IsGuarded = OperatingSystem.IsLinux();
        if (!IsGuarded)
        {
            _plain = GC.AllocateArray<byte>(Length, pinned: true);
            return;
        }

        _mappingLength = (nuint)(Length + (2 * _page));
        nint mapping = Map(0, _mappingLength, ReadWrite, PrivateAnonymous, -1, 0);
        if (mapping == -1)
            throw new InvalidOperationException($"mmap of {_mappingLength} bytes failed: errno {Marshal.GetLastPInvokeError()}.");
        _mapping = (byte*)mapping;
        if (Protect(mapping, (nuint)_page, NoAccess) != 0 || Protect(mapping + _page + Length, (nuint)_page, NoAccess) != 0)
            throw new InvalidOperationException($"mprotect of the guard pages failed: errno {Marshal.GetLastPInvokeError()}.");
    }

    /// <summary>Bytes between the guards.</summary>
    public int Length { get; }

    /// <summary>Whether the guard pages are there.</summary>
    public bool IsGuarded { get; }

    private Span<byte> All => _plain ?? new Span<byte>(_mapping + _page, Length);

    /// <summary>The last bytes in front of the guard page behind.</summary>
    public Span<byte> AtEnd(int length) => All[(Length - length)..];

    /// <summary>The first bytes behind the guard page in front.</summary>
    public Span<byte> AtStart(int length) => All[..length];

    /// <summary>Addresses of the two guard pages, for a test that the system really protects them.</summary>
    public (nuint Before, nuint After) GuardPages => ((nuint)_mapping, (nuint)_mapping + (nuint)(_page + Length));

    public void Dispose()
    {
        if (_plain is null)
            Unmap((nint)_mapping, _mappingLength);
    }

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static partial nint Map(nint address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "mprotect", SetLastError = true)]
    private static partial int Protect(nint address, nuint length, int protection);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    private static partial int Unmap(nint address, nuint length);
}
