namespace OpenNetVM.Tests.Support;

/// <summary>Fetches over HTTP with <c>curl</c>, from a namespace.</summary>
internal static class Curl
{
    /// <summary>Fetches a resource, within two minutes, and returns its bytes. Fails the calling test with what curl says.</summary>
    public static byte[] Get(NetworkNamespace from, string url)
    {
        string file = Path.GetTempFileName();
        try
        {
            from.Run("curl", "--silent", "--show-error", "--fail", "--noproxy", "*", "--max-time", "120", "--output", file, url).ShouldSucceed();
            return File.ReadAllBytes(file);
        }
        finally
        {
            File.Delete(file);
        }
    }
}
