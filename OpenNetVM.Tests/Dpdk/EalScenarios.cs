using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;
using OpenNetVM.Core.Dataplane;
using OpenNetVM.Dpdk;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.Dpdk;

/// <summary>What children of <see cref="EalTests"/> do: a process has one start of DPDK.</summary>
internal static class EalScenarios
{
    /// <summary>Starts DPDK as the arguments say: "started", or the exception; then the log, a line each with its level.</summary>
    public static string Start(string[] options)
    {
        RecordingLogger logger = new();
        string outcome = Try(() => Describe(Eal.Start(Parse(options), logger)));
        return $"{outcome}\n{string.Join('\n', logger.Entries.Select(entry => $"{entry.Level}: {entry.Message}"))}";
    }

    /// <summary>Starts DPDK as the arguments say, and then by the defaults.</summary>
    public static string StartTwice(string[] options)
    {
        string first = Try(() => Describe(Eal.Start(Parse(options))));
        return $"{first}\n{(Eal.Current is null ? "not current" : "current")}\n{Try(() => Describe(Eal.Start()))}";
    }

    /// <summary>The cores of the caller before and after a start, and those of threads that are made later.</summary>
    public static string Affinity(string[] options)
    {
        StringBuilder text = new();
        Append("before", CoreAffinity.CoresOfCurrentThread);
        Eal.Start(Parse(options));
        Append("caller", CoreAffinity.CoresOfCurrentThread);
        Thread thread = new(() => Append("thread", CoreAffinity.CoresOfCurrentThread));
        thread.Start();
        thread.Join();
        Append("pool", Task.Run(() => CoreAffinity.CoresOfCurrentThread).Result);
        return text.ToString();

        void Append(string name, IReadOnlyList<int> cores) => text.AppendLine(CultureInfo.InvariantCulture, $"{name} {string.Join(',', cores)}");
    }

    /// <summary>Starts DPDK with files under the prefix that is given, and while it runs once more in another process; returns what that one says.</summary>
    public static string StartBesideAnother(string[] prefix)
    {
        string[] options = [$"{nameof(EalOptions.HugePages)}={HugePageMode.None}", $"{nameof(EalOptions.InMemory)}=false", $"{nameof(EalOptions.FilePrefix)}={prefix[0]}"];
        if (prefix is [_, "second"])
            return Try(() => Describe(Eal.Start(Parse(options))));
        Eal.Start(Parse(options));
        string second = ChildScenario.Run(StartBesideAnother, prefix[0], "second").Result;
        Directory.Delete(RuntimeFolder(prefix[0]), recursive: true);
        return second;
    }

    /// <summary>Where DPDK keeps the files of a prefix.</summary>
    public static string RuntimeFolder(string prefix) => Path.Combine(
        Environment.IsPrivilegedProcess ? "/var/run" : Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR") ?? "/tmp", "dpdk", prefix);

    /// <summary>"Property=value" of <see cref="EalOptions"/>, lists by repetition.</summary>
    private static EalOptions Parse(string[] options)
    {
        EalOptions parsed = new();
        foreach (string option in options)
        {
            string value = option[(option.IndexOf('=', StringComparison.Ordinal) + 1)..];
            parsed = option.Split('=')[0] switch
            {
                nameof(EalOptions.HugePages) => parsed with { HugePages = Enum.Parse<HugePageMode>(value) },
                nameof(EalOptions.IovaMode) => parsed with { IovaMode = Enum.Parse<IovaMode>(value) },
                nameof(EalOptions.InMemory) => parsed with { InMemory = bool.Parse(value) },
                nameof(EalOptions.FilePrefix) => parsed with { FilePrefix = value },
                nameof(EalOptions.MainMemoryMegabytes) => parsed with { MainMemoryMegabytes = int.Parse(value, CultureInfo.InvariantCulture) },
                nameof(EalOptions.LogLevel) => parsed with { LogLevel = Enum.Parse<LogLevel>(value) },
                nameof(EalOptions.Cores) => parsed with { Cores = [.. value.Split(',').Select(core => int.Parse(core, CultureInfo.InvariantCulture))] },
                nameof(EalOptions.VirtualDevices) => parsed with { VirtualDevices = [.. parsed.VirtualDevices, value] },
                nameof(EalOptions.ExtraArguments) => parsed with { ExtraArguments = [.. parsed.ExtraArguments, value] },
                _ => throw new ArgumentException($"no option {option}", nameof(options)),
            };
        }

        return parsed;
    }

    private static string Describe(Eal eal) => $"started {eal.Version} (ABI {eal.Abi}), {eal.IovaMode}, {(eal.UsesHugePages ? "huge pages" : "ordinary pages")}";

    private static string Try(Func<string> start)
    {
        try
        {
            return start();
        }
        catch (DpdkException exception)
        {
            return $"{nameof(DpdkException)} {exception.Operation} {exception.ErrorCode}: {exception.Message}";
        }
        catch (Exception exception)
        {
            return $"{exception.GetType().Name}: {exception.Message}";
        }
    }
}
