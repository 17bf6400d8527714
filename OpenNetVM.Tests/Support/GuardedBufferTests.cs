using System.Globalization;

namespace OpenNetVM.Tests.Support;

public class GuardedBufferTests
{
    [Fact]
    public void The_pages_around_the_buffer_may_not_be_touched()
    {
        using GuardedBuffer buffer = new(5000);
        if (!buffer.IsGuarded)
            Assert.Skip("guard pages are made on Linux only");
        buffer.AtStart(buffer.Length).Fill(1);

        // The kernel's own list of mappings is asked, because trying it would end the process.
        foreach (nuint page in new[] { buffer.GuardPages.Before, buffer.GuardPages.After })
            Assert.Contains(File.ReadLines("/proc/self/maps"), line => Covers(line, page) && line.Split(' ')[1] == "---p");
    }

    private static bool Covers(string line, nuint address)
    {
        string[] range = line.Split(' ')[0].Split('-');
        return nuint.Parse(range[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture) <= address
            && address < nuint.Parse(range[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
    }
}
