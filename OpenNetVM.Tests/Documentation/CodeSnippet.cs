using System.Text.RegularExpressions;

namespace OpenNetVM.Tests.Documentation;

/// <summary>
/// A piece of code of the documentation: in a page, a block that is fenced as csharp; in `docs/snippets`, what stands between the lines
/// `// snippet: name` and `// end`.
/// </summary>
internal sealed partial record CodeSnippet(string Where, string Name, string Code)
{
    /// <summary>The blocks of a page. Those that the packaging tests build and run by themselves (a comment before them names them) are not among them.</summary>
    public static IEnumerable<CodeSnippet> OfPage(string path, string markdown) =>
        from Match block in Block().Matches(markdown.ReplaceLineEndings("\n"))
        where !block.Groups["marker"].Success
        let line = markdown.AsSpan(0, block.Index).Count('\n') + 1
        select new CodeSnippet($"{path}:{line}", "", Outdent(block.Groups["code"].Value));

    /// <summary>The snippets of a source file.</summary>
    public static IEnumerable<CodeSnippet> OfSource(string path, string source) =>
        from Match region in Region().Matches(source.ReplaceLineEndings("\n"))
        select new CodeSnippet(path, region.Groups["name"].Value, Outdent(region.Groups["code"].Value));

    /// <summary>What is wrong between pages and sources: code that no source has, and snippets that no page shows.</summary>
    public static IEnumerable<string> Faults(IReadOnlyCollection<CodeSnippet> inPages, IReadOnlyCollection<CodeSnippet> inSources)
    {
        foreach (CodeSnippet block in inPages)
        {
            if (!inSources.Any(snippet => snippet.Code == block.Code))
                yield return $"{block.Where}: this code is no snippet of docs/snippets:\n{block.Code}";
        }

        foreach (CodeSnippet snippet in inSources)
        {
            if (!inPages.Any(block => block.Code == snippet.Code))
                yield return $"{snippet.Where}: no page shows the snippet '{snippet.Name}':\n{snippet.Code}";
        }
    }

    private static string Outdent(string code)
    {
        string[] lines = code.Trim('\n').Split('\n');
        int indent = lines.Where(static line => line.Trim() != "").Select(static line => line.Length - line.TrimStart().Length).DefaultIfEmpty().Min();
        return string.Join('\n', lines.Select(line => line.Length >= indent ? line[indent..].TrimEnd() : "")).TrimEnd();
    }

    [GeneratedRegex(@"(?<marker>^<!-- snippet: [\w-]+ -->\n+)?^```csharp\n(?<code>.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();

    [GeneratedRegex(@"^ *// snippet: (?<name>[\w-]+)\n(?<code>.*?)^ *// end$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Region();
}
