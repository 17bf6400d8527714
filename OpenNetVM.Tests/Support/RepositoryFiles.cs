namespace OpenNetVM.Tests.Support;

/// <summary>Finds the checkout and the folders of real traffic that may lie beside it.</summary>
public static class RepositoryFiles
{
    /// <summary>The folder that holds OpenNetVM.slnx.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The folder of real captures, or null where there is none (a user's clone).</summary>
    public static string? Traffic { get; } = Existing("traffic");

    /// <summary>Full path of a real capture; skips the calling test with the reason where the captures are absent.</summary>
    public static string Capture(string fileName)
    {
        if (Traffic is null)
            Assert.Skip("needs the real captures in ../shared/traffic beside the checkout, which are not part of the repository");
        return Path.Combine(Traffic, fileName);
    }

    /// <summary>Full path of a folder of OpenFlow data; skips the calling test with the reason where it is absent.</summary>
    public static string OpenFlow(string folder)
    {
        string? path = Existing(Path.Combine("openflow", folder));
        if (path is null)
            Assert.Skip("needs the OpenFlow messages in ../shared/openflow beside the checkout, which are not part of the repository");
        return path;
    }

    private static string? Existing(string folder)
    {
        string path = Path.GetFullPath(Path.Combine(Root, "..", "shared", folder));
        return Directory.Exists(path) ? path : null;
    }

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "OpenNetVM.slnx")))
                return folder.FullName;
        }

        throw new InvalidOperationException($"OpenNetVM.slnx was not found in any folder above {AppContext.BaseDirectory}.");
    }
}
