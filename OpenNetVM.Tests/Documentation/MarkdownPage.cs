using System.Text;
using System.Text.RegularExpressions;

namespace OpenNetVM.Tests.Documentation;

/// <summary>One page of documentation, and everything it says that can be compared with the tree.</summary>
internal sealed partial class MarkdownPage(string root, string path)
{
    private readonly string _text = File.ReadAllText(Path.Combine(root, path)).ReplaceLineEndings("\n");

    /// <summary>Each link, path and build target that the page names and the tree does not have, as "page: what".</summary>
    public IEnumerable<string> Faults()
    {
        string prose = Fence().Replace(_text, "");
        foreach (Match link in Link().Matches(InlineCode().Replace(prose, "")))
        {
            if (LinkFault(link.Groups[1].Value) is { } fault)
                yield return $"{path}: {fault}";
        }

        foreach (Match code in InlineCode().Matches(prose))
        {
            string named = code.Groups[1].Value;
            if (LooksLikeAPath(named) && !Exists(named))
                yield return $"{path}: `{named}` does not exist";
        }

        string targets = File.ReadAllText(Path.Combine(root, "build.cake"));
        foreach (Match command in BuildCommand().Matches(_text))
        {
            if (!targets.Contains($"Task(\"{command.Groups[1].Value}\")", StringComparison.OrdinalIgnoreCase))
                yield return $"{path}: ./build.sh {command.Groups[1].Value} is no target";
        }
    }

    private string? LinkFault(string target)
    {
        if (target.Contains("://") || target.StartsWith("mailto:"))
            return null;

        string[] parts = target.Split('#', 2);
        string file = parts[0] == "" ? path : Path.Combine(Path.GetDirectoryName(path)!, Uri.UnescapeDataString(parts[0]));
        string full = Path.GetFullPath(Path.Combine(root, file));
        if (!File.Exists(full) && !Directory.Exists(full))
            return $"the link to {target} leads nowhere";
        if (parts.Length == 2 && full.EndsWith(".md") && !Anchors(File.ReadAllText(full)).Contains(parts[1]))
            return $"the link to {target} names no heading of that page";
        return null;
    }

    private bool LooksLikeAPath(string named)
    {
        if (!PathCharacters().IsMatch(named))
            return false;
        string first = named.Split('/')[0];
        // What a build makes is not in every checkout.
        if (first is "artifacts")
            return false;
        return SourceFile().IsMatch(named) || (named.Contains('/') && first != "" && Path.Exists(Path.Combine(root, first)));
    }

    /// <summary>Paths are given from the root, from the page's folder, or from a project's folder (`Chains/ChainExecutor.cs`).</summary>
    private bool Exists(string named) =>
        Directory.GetDirectories(root, "OpenNetVM.*").Append(root).Append(Path.GetDirectoryName(Path.Combine(root, path))!)
            .Any(folder => Matches(folder, named));

    private static bool Matches(string folder, string named)
    {
        string full = Path.Combine(folder, named);
        if (!named.Contains('*'))
            return Path.Exists(full);
        string parent = Path.GetDirectoryName(full)!;
        return Directory.Exists(parent) && Directory.EnumerateFileSystemEntries(parent, Path.GetFileName(full)).Any();
    }

    /// <summary>The anchors that code hosts make of headings: lower case, punctuation dropped, spaces to dashes.</summary>
    private static IEnumerable<string> Anchors(string markdown) => Heading().Matches(Fence().Replace(markdown.ReplaceLineEndings("\n"), ""))
        .Select(heading =>
        {
            var anchor = new StringBuilder();
            foreach (char c in heading.Groups[1].Value.Trim().ToLowerInvariant())
            {
                if (char.IsLetterOrDigit(c) || c is '-' or '_')
                    anchor.Append(c);
                else if (c == ' ')
                    anchor.Append('-');
            }

            return anchor.ToString();
        });

    [GeneratedRegex(@"^ *(```|~~~).*?^ *\1 *$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();

    [GeneratedRegex(@"\]\(<?([^)\s>]+)>?[^)]*\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"`([^`\n]+)`")]
    private static partial Regex InlineCode();

    [GeneratedRegex(@"\./build\.sh +([a-z]\w*)")]
    private static partial Regex BuildCommand();

    [GeneratedRegex(@"^[\w.*\-/]+$")]
    private static partial Regex PathCharacters();

    [GeneratedRegex(@"^[\w.\-*/]*\w\.(cs|csproj|cake|md|sh|slnx|props|targets|c|h)$")]
    private static partial Regex SourceFile();

    [GeneratedRegex(@"^#+ (.*)$", RegexOptions.Multiline)]
    private static partial Regex Heading();
}
