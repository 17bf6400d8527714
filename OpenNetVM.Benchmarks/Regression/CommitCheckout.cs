namespace OpenNetVM.Benchmarks.Regression;

/// <summary>A commit in a worktree of its own, outside of the checkout so that no build finds the files of both, removed again when disposed.</summary>
internal sealed class CommitCheckout : IDisposable
{
    private readonly string _repository;
    private readonly string _folder = Directory.CreateTempSubdirectory("opennetvm-against-").FullName;

    /// <summary>Checks the commit out and builds its benchmarks.</summary>
    /// <param name="repository">The root of this checkout.</param>
    /// <param name="commit">Its full name.</param>
    /// <exception cref="InvalidOperationException">git or the build refused.</exception>
    internal CommitCheckout(string repository, string commit)
    {
        _repository = repository;
        try
        {
            Run("git", ["-C", repository, "worktree", "add", "--detach", Root, commit], repository, "be checked out");
            Run(Environment.ProcessPath!, ["build", "OpenNetVM.Benchmarks", "-c", "Release", "--nologo", "-v", "quiet", "-tl:off"], Root, "be built");
        }
        catch
        {
            Dispose();
            throw;
        }

        void Run(string program, IReadOnlyList<string> arguments, string folder, string what)
        {
            ChildProgram run = ChildProgram.Run(program, arguments, folder);
            if (run.ExitCode != 0)
                throw new InvalidOperationException($"{commit} could not {what}: {program} {string.Join(' ', arguments)} ended with code {run.ExitCode}:{Environment.NewLine}{run.Output}{run.Error}");
        }
    }

    /// <summary>The root of the checkout.</summary>
    internal string Root => Path.Combine(_folder, "checkout");

    /// <inheritdoc/>
    public void Dispose()
    {
        ChildProgram.Run("git", ["-C", _repository, "worktree", "remove", "--force", Root]);
        if (Directory.Exists(_folder))
            Directory.Delete(_folder, recursive: true);
        ChildProgram.Run("git", ["-C", _repository, "worktree", "prune"]);
    }
}
