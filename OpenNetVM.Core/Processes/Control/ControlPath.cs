using System.Text;

namespace OpenNetVM.Core.Processes.Control;

/// <summary>Names and paths of the control directory: DIRECTORY/DOMAIN/control.sock.</summary>
internal static class ControlPath
{
    public const string SocketName = "control.sock";

    /// <summary>The longest name of a security domain.</summary>
    public const int MaxDomain = 32;

    /// <summary>The longest path of a socket in bytes: struct sockaddr_un has 108, and the last is 0 (unix(7)).</summary>
    public const int MaxSocketPath = 107;

    /// <summary>Whether a name can be a security domain's: it is that of a directory, too.</summary>
    public static bool IsDomain(ReadOnlySpan<char> name)
    {
        if (name.IsEmpty || name.Length > MaxDomain || name[0] == '.')
            return false;
        foreach (char c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('.' or '_' or '-'))
                return false;
        }

        return true;
    }

    /// <exception cref="ArgumentException">The name cannot be a security domain's.</exception>
    public static void ThrowIfNotDomain(string name, string parameter)
    {
        ArgumentNullException.ThrowIfNull(name, parameter);
        if (!IsDomain(name))
        {
            throw new ArgumentException(
                $"'{name}' cannot be the name of a security domain: 1 to {MaxDomain} letters, digits, '.', '_' or '-' of ASCII are needed, the first not '.'.", parameter);
        }
    }

    /// <exception cref="ArgumentException">The path is too long for a Unix domain socket.</exception>
    public static void ThrowIfTooLong(string path, string parameter)
    {
        ArgumentNullException.ThrowIfNull(path, parameter);
        int length = Encoding.UTF8.GetByteCount(path);
        if (length > MaxSocketPath)
        {
            throw new ArgumentException(
                $"The socket path '{path}' has {length} bytes; Unix domain sockets allow {MaxSocketPath}. Choose a shorter directory.", parameter);
        }
    }
}
