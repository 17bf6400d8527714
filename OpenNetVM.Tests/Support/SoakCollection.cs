namespace OpenNetVM.Tests.Support;

/// <summary>Tests that keep all cores busy run one after another, and while nothing else runs.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class SoakCollection
{
    public const string Name = "Soak";
}
