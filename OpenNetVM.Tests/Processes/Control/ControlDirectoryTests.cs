using System.Net.Sockets;
using OpenNetVM.Core.Processes.Control;
using OpenNetVM.Core.Processes.Interop;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.Processes.Control;

public sealed class ControlDirectoryTests : IDisposable
{
    private const UnixFileMode Mode0711 = (UnixFileMode)0b111_001_001;
    private const UnixFileMode Mode0700 = (UnixFileMode)0b111_000_000;
    private const UnixFileMode Mode0750 = (UnixFileMode)0b111_101_000;
    private const UnixFileMode Mode0755 = (UnixFileMode)0b111_101_101;
    private const UnixFileMode Mode0666 = (UnixFileMode)0b110_110_110;

    private readonly RecordingLogger _logger = new();
    private readonly string _folder;

    public ControlDirectoryTests()
    {
        ProcessSkips.UnlessLinux();
        _folder = ControlBench.NewFolder();
    }

    private string Root => Path.Combine(_folder, "run", "onvm");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_directory_and_what_is_in_it_have_exactly_the_permissions_that_are_needed()
    {
        using var directory = ControlDirectory.Open(Root + "/", _logger);
        Assert.Equal(Root, directory.Path);
        Assert.Equal(Mode0711, FileStatus.Of(Root)!.Value.Mode);
        using Socket own = directory.Bind("own", ControlDirectory.OwnerOnly, null, 1);
        Assert.Equal((FileKind.Directory, Mode0700), Kind(directory.DomainPath("own")));
        Assert.Equal((FileKind.Socket, ControlDirectory.OwnerOnly), Kind(directory.SocketPath("own")));
        using Socket all = directory.Bind("all", Mode0666, null, 1);
        Assert.Equal((FileKind.Directory, Mode0755), Kind(directory.DomainPath("all")));
        Assert.Equal((FileKind.Socket, Mode0666), Kind(directory.SocketPath("all")));
    }

    [Fact]
    public void A_group_gets_the_socket_and_the_way_to_it()
    {
        ProcessSkips.UnlessRoot();
        using var directory = ControlDirectory.Open(Root, _logger);
        using Socket socket = directory.Bind("shared", ControlDirectory.OwnerAndGroup, ProcessSkips.Stranger, 1);
        Assert.Equal((FileKind.Directory, Mode0750), Kind(directory.DomainPath("shared")));
        Assert.Equal((FileKind.Socket, ControlDirectory.OwnerAndGroup), Kind(directory.SocketPath("shared")));
        Assert.Equal(ProcessSkips.Stranger, FileStatus.Of(directory.DomainPath("shared"))!.Value.GroupId);
        Assert.Equal(ProcessSkips.Stranger, FileStatus.Of(directory.SocketPath("shared"))!.Value.GroupId);
    }

    [Fact]
    public void Closing_the_directory_leaves_nothing_behind()
    {
        var directory = ControlDirectory.Open(Root, _logger);
        using Socket first = directory.Bind("a", ControlDirectory.OwnerOnly, null, 1);
        using Socket second = directory.Bind("b.2_x-Y", ControlDirectory.OwnerOnly, null, 1);
        directory.Dispose();
        directory.Dispose();
        Assert.False(Directory.Exists(Root));
        Assert.Throws<ObjectDisposedException>(() => directory.Bind("c", ControlDirectory.OwnerOnly, null, 1));
        Assert.Empty(_logger.Entries);
    }

    [Fact]
    public void What_was_there_before_is_still_there_afterwards()
    {
        Directory.CreateDirectory(Path.Combine(Root, "kept"));
        File.WriteAllText(Path.Combine(Root, "kept", "notes"), "mine");
        using (var directory = ControlDirectory.Open(Root, _logger))
        {
            using Socket socket = directory.Bind("kept", ControlDirectory.OwnerOnly, null, 1);
            using Socket other = directory.Bind("made", ControlDirectory.OwnerOnly, null, 1);
        }

        Assert.Equal("mine", File.ReadAllText(Path.Combine(Root, "kept", "notes")));
        Assert.Equal([Path.Combine(Root, "kept")], Directory.GetFileSystemEntries(Root));
        Assert.Equal([Path.Combine(Root, "kept", "notes")], Directory.GetFileSystemEntries(Path.Combine(Root, "kept")));
    }

    [Fact]
    public void A_second_manager_is_refused_while_the_first_lives_and_told_which_it_is()
    {
        using var child = new LivingScenario(HoldDirectory, Root);
        Assert.Equal("ready", child.ReadLine());
        var e = Assert.Throws<InvalidOperationException>(() => ControlDirectory.Open(Root, _logger));
        Assert.Contains($"process {child.ProcessId}", e.Message);
        Assert.Contains(Root, e.Message);
        Assert.Equal("", child.End());
        ControlDirectory.Open(Root, _logger).Dispose();
    }

    [Fact]
    public void A_second_manager_in_the_same_process_is_refused_too()
    {
        using var first = ControlDirectory.Open(Root, _logger);
        Assert.Throws<InvalidOperationException>(() => ControlDirectory.Open(Root, _logger));
        using Socket socket = first.Bind("a", ControlDirectory.OwnerOnly, null, 1);
        Assert.Equal(FileKind.Socket, Kind(first.SocketPath("a")).Kind);
    }

    [Fact]
    public void What_a_killed_manager_left_is_removed_and_nothing_else()
    {
        Directory.CreateDirectory(Path.Combine(Root, "foreign"));
        using (var child = new LivingScenario(HoldDirectory, Root))
        {
            Assert.Equal("ready", child.ReadLine());
            child.Kill();
        }

        // The dead manager's own.
        Assert.Equal(FileKind.Socket, Kind(Path.Combine(Root, "one", "control.sock")).Kind);
        Assert.Equal(FileKind.Socket, Kind(Path.Combine(Root, "two", "control.sock")).Kind);
        // Others', before and after its death: a file beside a socket, a file in the place of a socket, a socket that it did not make.
        File.WriteAllText(Path.Combine(Root, "two", "notes"), "mine");
        File.Delete(Path.Combine(Root, "three", "control.sock"));
        File.WriteAllText(Path.Combine(Root, "three", "control.sock"), "mine");
        using Socket foreign = SocketPair.New();
        foreign.Bind(new UnixDomainSocketEndPoint(Path.Combine(Root, "foreign", "control.sock")));
        Directory.Delete(Path.Combine(Root, "four"), recursive: true);
        string elsewhere = Directory.CreateDirectory(Path.Combine(_folder, "elsewhere")).FullName;
        using Socket target = SocketPair.New();
        target.Bind(new UnixDomainSocketEndPoint(Path.Combine(elsewhere, "control.sock")));
        Directory.CreateSymbolicLink(Path.Combine(Root, "four"), elsewhere);

        var directory = ControlDirectory.Open(Root, _logger);
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(Root, "one")));
        Assert.Equal([Path.Combine(Root, "two", "notes")], Directory.GetFileSystemEntries(Path.Combine(Root, "two")));
        Assert.Equal("mine", File.ReadAllText(Path.Combine(Root, "three", "control.sock")));
        Assert.Equal(FileKind.SymbolicLink, Kind(Path.Combine(Root, "four")).Kind);
        Assert.Equal(FileKind.Socket, Kind(Path.Combine(elsewhere, "control.sock")).Kind);
        Assert.Equal(FileKind.Socket, Kind(Path.Combine(Root, "foreign", "control.sock")).Kind);
        directory.Dispose();
        Assert.False(Directory.Exists(Path.Combine(Root, "one")));
        Assert.Equal(["foreign", "four", "three", "two"], Directory.GetFileSystemEntries(Root).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        foreach (string left in (string[])["two", "three", "four"])
            Assert.Contains(_logger.Messages, message => message.Contains(Path.Combine(Root, left), StringComparison.Ordinal) && message.Contains("left as it is", StringComparison.Ordinal));
    }

    [Fact]
    public void A_domain_that_a_killed_manager_had_is_opened_again_in_the_same_directory_which_containers_have_mounted()
    {
        FileStatus before;
        using (var child = new LivingScenario(HoldDirectory, Root))
        {
            Assert.Equal("ready", child.ReadLine());
            before = FileStatus.Of(Path.Combine(Root, "one"))!.Value;
            child.Kill();
        }

        using (var directory = ControlDirectory.Open(Root, _logger))
        {
            using Socket again = directory.Bind("one", Mode0666, null, 1);
            Assert.Equal(before.Inode, FileStatus.Of(directory.DomainPath("one"))!.Value.Inode);
            Assert.Equal((FileKind.Directory, Mode0755), Kind(directory.DomainPath("one")));
            Assert.Equal((FileKind.Socket, Mode0666), Kind(directory.SocketPath("one")));
        }

        // Those that were not opened again are gone as well.
        Assert.Empty(Directory.GetFileSystemEntries(Root));
    }

    [Fact]
    public void A_manifest_that_names_what_no_manager_makes_removes_nothing()
    {
        Directory.CreateDirectory(Path.Combine(Root, "sub"));
        Directory.CreateDirectory(Path.Combine(_folder, "victim"));
        File.WriteAllLines(Path.Combine(Root, "manifest"),
        [
            "directory ../../victim", "directory /tmp", "directory .", "directory ", "directory", "socket ../victim", "rm -rf /", "", "\0\u0001", "directory sub/../../../victim",
        ]);
        using (ControlDirectory.Open(Root, _logger))
            Assert.True(Directory.Exists(Path.Combine(_folder, "victim")));
        Assert.True(Directory.Exists(Path.Combine(Root, "sub")));
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData(".hidden")]
    [InlineData("a/b")]
    [InlineData("a b")]
    [InlineData("a\0")]
    [InlineData("ä")]
    [InlineData("123456789012345678901234567890123")]
    public void A_name_that_is_no_domains_is_refused(string name)
    {
        using var directory = ControlDirectory.Open(Root, _logger);
        Assert.Throws<ArgumentException>(() => directory.Bind(name, ControlDirectory.OwnerOnly, null, 1));
    }

    [Theory]
    [InlineData("lock")]
    [InlineData("manifest")]
    public void The_managers_own_files_are_no_domains(string name)
    {
        using var directory = ControlDirectory.Open(Root, _logger);
        Assert.Throws<InvalidOperationException>(() => directory.Bind(name, ControlDirectory.OwnerOnly, null, 1));
        Assert.Equal(FileKind.Regular, Kind(Path.Combine(Root, name)).Kind);
    }

    [Fact]
    public void A_path_that_is_too_long_for_a_socket_is_refused_with_its_length()
    {
        int room = ControlPath.MaxSocketPath - $"{_folder}//d/{ControlPath.SocketName}".Length;
        string longest = Path.Combine(_folder, new string('x', room));
        using (var directory = ControlDirectory.Open(longest, _logger))
        {
            using Socket socket = directory.Bind("d", ControlDirectory.OwnerOnly, null, 1);
            var e = Assert.Throws<ArgumentException>(() => directory.Bind("dd", ControlDirectory.OwnerOnly, null, 1));
            Assert.Contains("108 bytes", e.Message);
            Assert.False(Directory.Exists(Path.Combine(longest, "dd")));
        }
    }

    [Fact]
    public void A_domain_is_opened_once_and_again_after_it_was_closed()
    {
        using var directory = ControlDirectory.Open(Root, _logger);
        using Socket first = directory.Bind("a", ControlDirectory.OwnerOnly, null, 1);
        Assert.Throws<InvalidOperationException>(() => directory.Bind("a", ControlDirectory.OwnerOnly, null, 1));
        Assert.Equal(FileKind.Socket, Kind(directory.SocketPath("a")).Kind);
        directory.Remove("a");
        directory.Remove("never there");
        Assert.False(Directory.Exists(Path.Combine(Root, "a")));
        using Socket again = directory.Bind("a", ControlDirectory.OwnerOnly, null, 1);
        Assert.Equal(FileKind.Socket, Kind(directory.SocketPath("a")).Kind);
    }

    [Fact]
    public void What_is_foreign_in_the_place_of_a_domain_or_its_socket_is_not_used()
    {
        using var directory = ControlDirectory.Open(Root, _logger);
        File.WriteAllText(Path.Combine(Root, "file"), "");
        Directory.CreateDirectory(Path.Combine(_folder, "target"));
        Directory.CreateSymbolicLink(Path.Combine(Root, "link"), Path.Combine(_folder, "target"));
        Directory.CreateDirectory(Path.Combine(Root, "taken"));
        using Socket foreign = SocketPair.New();
        foreign.Bind(new UnixDomainSocketEndPoint(Path.Combine(Root, "taken", ControlPath.SocketName)));
        foreach (string name in (string[])["file", "link", "taken"])
            Assert.Contains("is there already", Assert.Throws<InvalidOperationException>(() => directory.Bind(name, ControlDirectory.OwnerOnly, null, 1)).Message);
        Assert.Equal(FileKind.Socket, Kind(Path.Combine(Root, "taken", ControlPath.SocketName)).Kind);
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(_folder, "target")));
    }

    [Fact]
    public void A_directory_in_which_others_could_put_their_own_is_refused()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "open"));
        Assert.Equal(0, LinuxNative.chmod(Path.Combine(_folder, "open"), 0b111_111_000));
        Assert.Contains("chmod go-w", Assert.Throws<InvalidOperationException>(() => ControlDirectory.Open(Path.Combine(_folder, "open"), _logger)).Message);
        Directory.CreateSymbolicLink(Path.Combine(_folder, "link"), _folder);
        Assert.Contains("SymbolicLink", Assert.Throws<InvalidOperationException>(() => ControlDirectory.Open(Path.Combine(_folder, "link"), _logger)).Message);
        File.WriteAllText(Path.Combine(_folder, "file"), "");
        Assert.Contains("is not a directory", Assert.Throws<InvalidOperationException>(() => ControlDirectory.Open(Path.Combine(_folder, "file"), _logger)).Message);
    }

    [Fact]
    public void A_directory_or_domain_of_another_user_is_refused()
    {
        ProcessSkips.UnlessRoot();
        string theirs = Directory.CreateDirectory(Path.Combine(_folder, "theirs")).FullName;
        Assert.Equal(0, LinuxNative.lchown(theirs, ProcessSkips.Stranger, LinuxNative.SameId));
        Assert.Contains("belongs to user 65534", Assert.Throws<InvalidOperationException>(() => ControlDirectory.Open(theirs, _logger)).Message);
        using var directory = ControlDirectory.Open(Root, _logger);
        string domain = Directory.CreateDirectory(Path.Combine(Root, "domain")).FullName;
        Assert.Equal(0, LinuxNative.lchown(domain, ProcessSkips.Stranger, LinuxNative.SameId));
        Assert.Contains("of user 65534", Assert.Throws<InvalidOperationException>(() => directory.Bind("domain", ControlDirectory.OwnerOnly, null, 1)).Message);
    }

    [Fact]
    public void A_group_that_cannot_be_given_leaves_no_half_made_domain()
    {
        ProcessSkips.UnlessRoot();
        string folder = Directory.CreateDirectory(Path.Combine(_folder, "strangers")).FullName;
        Assert.Equal(0, LinuxNative.lchown(folder, ProcessSkips.Stranger, ProcessSkips.Stranger));
        Assert.Equal("0 entries, could not be given to group 0", ProcessSkips.RunAsStranger(GiveToRoot, folder));
    }

    [Fact]
    public async Task Managers_that_come_and_go_at_the_same_time_never_have_the_directory_together()
    {
        int holders = 0;
        int taken = 0;
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Dataplane.Workers.OnOtherThread(() =>
        {
            for (int i = 0; i < 300; i++)
            {
                try
                {
                    using var directory = ControlDirectory.Open(Root);
                    Assert.Equal(1, Interlocked.Increment(ref holders));
                    Interlocked.Increment(ref taken);
                    Interlocked.Decrement(ref holders);
                }
                catch (InvalidOperationException)
                {
                    // Another has it.
                }
            }
        })));
        Assert.InRange(taken, 1, 1_200);
        // The one that made the directory could not remove it if another was in it by then.
        Assert.True(!Directory.Exists(Root) || Directory.GetFileSystemEntries(Root).Length == 0);
    }

    private static string HoldDirectory(string[] arguments)
    {
        using var directory = ControlDirectory.Open(arguments[0]);
        Socket[] sockets = [.. ((string[])["one", "two", "three", "four"]).Select(domain => directory.Bind(domain, ControlDirectory.OwnerOnly, null, 1))];
        LivingScenario.SayAndWait("ready");
        foreach (Socket socket in sockets)
            socket.Dispose();
        return "";
    }

    private static string GiveToRoot(string[] arguments)
    {
        using var directory = ControlDirectory.Open(arguments[0]);
        var e = Assert.Throws<IOException>(() => directory.Bind("d", ControlDirectory.OwnerAndGroup, 0, 1));
        string[] entries = Directory.GetDirectories(arguments[0]);
        return $"{entries.Length} entries, {(e.Message.Contains("could not be given to group 0", StringComparison.Ordinal) ? "could not be given to group 0" : e.Message)}";
    }

    private static (FileKind Kind, UnixFileMode Mode) Kind(string path) =>
        FileStatus.Of(path) is FileStatus status ? (status.Kind, status.Mode) : throw new FileNotFoundException(path);
}
