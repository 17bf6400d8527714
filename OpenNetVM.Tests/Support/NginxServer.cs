using System.Diagnostics;
using System.Net.Sockets;

namespace OpenNetVM.Tests.Support;

/// <summary>A real nginx that runs in a namespace and serves a folder that exists as long as it does. It is no service of the machine.</summary>
internal sealed class NginxServer : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("opennetvm-nginx-").FullName;
    private readonly Process _process;

    /// <summary>Starts it, and waits until it accepts connections.</summary>
    /// <param name="where">The namespace.</param>
    /// <param name="address">The address that it listens on, at port 80.</param>
    public NginxServer(NetworkNamespace where, string address)
    {
        string content = Directory.CreateDirectory(Path.Combine(_folder, "content")).FullName;
        Content = content;
        string configuration = Path.Combine(_folder, "nginx.conf");
        File.WriteAllText(configuration, $$"""
            daemon off;
            user root;
            worker_processes 1;
            pid {{_folder}}/nginx.pid;
            error_log {{_folder}}/error.log;
            events { worker_connections 256; }
            http {
              access_log {{_folder}}/access.log;
              client_body_temp_path {{_folder}}/body;
              proxy_temp_path {{_folder}}/proxy;
              fastcgi_temp_path {{_folder}}/fastcgi;
              uwsgi_temp_path {{_folder}}/uwsgi;
              scgi_temp_path {{_folder}}/scgi;
              server {
                listen {{address}}:80;
                root {{content}};
              }
            }
            """);
        _process = where.Start("nginx", "-p", _folder, "-c", configuration, "-e", Path.Combine(_folder, "error.log"));
        where.Execute(() => WaitUntilReady(address));
    }

    /// <summary>The folder that it serves.</summary>
    public string Content { get; }

    public void Dispose()
    {
        _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        Directory.Delete(_folder, recursive: true);
    }

    private void WaitUntilReady(string address)
    {
        const int Attempts = 600;
        for (int i = 0; i < Attempts; i++)
        {
            Assert.False(_process.HasExited, $"nginx ended at once:\n{(_process.HasExited ? _process.StandardError.ReadToEnd() : "")}");
            try
            {
                using TcpClient client = new();
                client.Connect(address, 80);
                return;
            }
            catch (SocketException)
            {
                Thread.Sleep(50);
            }
        }

        Assert.Fail("nginx does not accept connections.");
    }
}
