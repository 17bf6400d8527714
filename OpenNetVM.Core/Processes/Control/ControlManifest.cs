using OpenNetVM.Core.Processes.Interop;

namespace OpenNetVM.Core.Processes.Control;

/// <summary>
/// What a manager has made in its control directory, kept in a file there, so that the next one can remove what a manager that was killed
/// has left behind, and nothing else. A thing is written down before it is made. Not for several threads at once.
/// </summary>
internal sealed class ControlManifest(string directory)
{
    public const string FileName = "manifest";

    // No security domain can have this name.
    private const string NewFileName = ".manifest";

    // Far above what any number of domains needs.
    private const int LongestFile = 1 << 20;

    private readonly SortedSet<ControlManifestEntry> _entries = [];

    private string Path => System.IO.Path.Combine(directory, FileName);

    /// <summary>What is written down at the moment.</summary>
    public IReadOnlyCollection<ControlManifestEntry> Entries => _entries;

    /// <summary>Reads what another manager has written down. Lines that no manager writes are passed over.</summary>
    /// <exception cref="InvalidOperationException">Something foreign is in the place of the file.</exception>
    public void Load()
    {
        _entries.Clear();
        if (FileStatus.Of(Path) is not FileStatus status)
            return;
        if (status.Kind != FileKind.Regular || new FileInfo(Path).Length > LongestFile)
            throw new InvalidOperationException($"'{Path}' is not the file that a manager keeps there. Remove it, or choose another control directory.");
        foreach (string line in File.ReadLines(Path))
        {
            if (ControlManifestEntry.TryParse(line, out ControlManifestEntry entry))
                _entries.Add(entry);
        }
    }

    public bool Contains(ControlManifestEntry entry) => _entries.Contains(entry);

    public void Add(ControlManifestEntry entry)
    {
        if (_entries.Add(entry))
            Save();
    }

    public void Remove(ControlManifestEntry entry)
    {
        if (_entries.Remove(entry))
            Save();
    }

    /// <summary>Writes the file: whole or not at all, however this process ends.</summary>
    public void Save()
    {
        string written = System.IO.Path.Combine(directory, NewFileName);
        File.WriteAllLines(written, _entries.Select(entry => entry.ToString()));
        File.Move(written, Path, overwrite: true);
    }

    /// <summary>Removes the file.</summary>
    public void Delete() => File.Delete(Path);
}

/// <summary>A thing that a manager makes. Sockets sort before directories, which must be empty to be removed.</summary>
/// <param name="IsDirectory">Whether it is the directory of a domain, or the socket in it.</param>
/// <param name="Domain">The domain.</param>
internal readonly record struct ControlManifestEntry(bool IsDirectory, string Domain) : IComparable<ControlManifestEntry>
{
    private const string DirectoryWord = "directory ";
    private const string SocketWord = "socket ";

    public static ControlManifestEntry Directory(string domain) => new(true, domain);

    public static ControlManifestEntry Socket(string domain) => new(false, domain);

    public static bool TryParse(string line, out ControlManifestEntry entry)
    {
        bool isDirectory = line.StartsWith(DirectoryWord, StringComparison.Ordinal);
        bool isSocket = line.StartsWith(SocketWord, StringComparison.Ordinal);
        string domain = isDirectory ? line[DirectoryWord.Length..] : isSocket ? line[SocketWord.Length..] : "";
        entry = new ControlManifestEntry(isDirectory, domain);
        return ControlPath.IsDomain(domain);
    }

    public int CompareTo(ControlManifestEntry other) =>
        IsDirectory == other.IsDirectory ? string.CompareOrdinal(Domain, other.Domain) : IsDirectory.CompareTo(other.IsDirectory);

    public override string ToString() => (IsDirectory ? DirectoryWord : SocketWord) + Domain;
}
