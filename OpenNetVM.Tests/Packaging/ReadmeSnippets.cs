using System.Text.RegularExpressions;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.Packaging;

/// <summary>
/// The code blocks of README.md that promise to work as they stand: each fenced block that follows a line
/// <c>&lt;!-- snippet: name --&gt;</c>.
/// </summary>
internal static partial class ReadmeSnippets
{
    /// <summary>The README's block of that name; fails the calling test where the README has none.</summary>
    public static string Find(string name)
    {
        string? code = TryFind(File.ReadAllText(Path.Combine(RepositoryFiles.Root, "README.md")), name);
        Assert.True(code is not null, $"README.md has no code block after a line <!-- snippet: {name} -->.");
        return code;
    }

    /// <summary>The block of that name in <paramref name="markdown"/>, or null.</summary>
    public static string? TryFind(string markdown, string name)
    {
        foreach (Match match in Block().Matches(markdown.ReplaceLineEndings("\n")))
        {
            if (match.Groups["name"].Value == name)
                return match.Groups["code"].Value;
        }

        return null;
    }

    [GeneratedRegex(@"^<!-- snippet: (?<name>[\w-]+) -->\n+```\w*\n(?<code>.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();
}
