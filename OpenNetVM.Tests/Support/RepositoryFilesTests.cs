namespace OpenNetVM.Tests.Support;

public class RepositoryFilesTests
{
    [Fact]
    public void The_checkout_is_found_from_the_test_binaries() =>
        Assert.True(File.Exists(Path.Combine(RepositoryFiles.Root, "OpenNetVM.slnx")));
}
