using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace OpenNetVM.Core.Processes.Interop;

/// <summary>
/// One background thread that listens to many doorbells and runs an action when one is rung. All members may be used from any thread,
/// actions included; actions run one at a time on the relay's thread, and should be short.
/// </summary>
/// <remarks>
/// <para>
/// A ring is never lost: the action starts after every ring that came while no action of that bell was under way, and once more after rings
/// that came during one. Rings are not counted: many may make one action.
/// </para>
/// <para>
/// Bells are rung by processes that are not trusted. The relay does not read a bell (edge-triggered epoll needs no reading), so nobody can
/// make it wait in a read. A bell that was heard more than <see cref="FloodLimit"/> times within <see cref="FloodWindow"/> is not listened
/// to until that time is over, and a flood is counted: it takes neither the whole thread, nor the others' turn. What was rung meanwhile
/// is heard afterwards.
/// </para>
/// </remarks>
internal sealed class DoorbellRelay : IDisposable
{
    /// <summary>How often a bell is heard within <see cref="FloodWindow"/> before it is left alone for the rest of it.</summary>
    public const int FloodLimit = 1_000;

    private const ulong OwnToken = 0;

    /// <summary>The time in which the rings of a bell are counted.</summary>
    public static readonly TimeSpan FloodWindow = TimeSpan.FromMilliseconds(10);

    private static readonly long WindowTicks = (long)(FloodWindow.TotalSeconds * Stopwatch.Frequency);

    private readonly ILogger _logger;
    private readonly EpollSet _epoll = new();
    private readonly EventFd _wakeUp = EventFd.Create();
    private readonly Thread _thread;

    // Guards the two tables' agreement and _stopping; never held while an action runs.
    private readonly Lock _gate = new();
    private readonly Dictionary<EventFd, Doorbell> _bells = [];
    private readonly ConcurrentDictionary<ulong, Doorbell> _byToken = new();
    private ulong _lastToken = OwnToken;
    private bool _stopping;

    // The relay's thread alone.
    private readonly List<Doorbell> _muted = [];

    /// <summary>Starts the thread.</summary>
    /// <param name="logger">Told of actions that throw, and of the first flood of each bell.</param>
    public DoorbellRelay(ILogger? logger = null)
    {
        _logger = logger ?? NullLogger.Instance;
        _epoll.Add(_wakeUp, OwnToken);
        _thread = new Thread(Run) { IsBackground = true, Name = "onvm-doorbells" };
        _thread.Start();
    }

    /// <summary>Listens to a bell. If it has been rung before, the action runs at once.</summary>
    /// <param name="bell">The bell. It stays the caller's, but is not closed before it is removed.</param>
    /// <param name="action">What to do when it is rung.</param>
    /// <exception cref="ArgumentException">The bell is listened to already.</exception>
    /// <exception cref="ObjectDisposedException">The relay was disposed.</exception>
    public void Add(EventFd bell, Action action)
    {
        ArgumentNullException.ThrowIfNull(bell);
        ArgumentNullException.ThrowIfNull(action);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_stopping, this);
            if (_bells.ContainsKey(bell))
                throw new ArgumentException("The relay listens to this doorbell already.", nameof(bell));
            var entry = new Doorbell(bell, action, ++_lastToken);
            _bells.Add(bell, entry);
            _byToken[entry.Token] = entry;
            try
            {
                _epoll.Add(bell, entry.Token);
            }
            catch
            {
                Forget(entry);
                throw;
            }
        }
    }

    /// <summary>
    /// Listens to a bell no more. When this returns, its action is not running and will not run again; called by the action itself, it will
    /// not run again. So the caller must not hold a lock that the action waits for. Unknown bells are ignored.
    /// </summary>
    public void Remove(EventFd bell)
    {
        ArgumentNullException.ThrowIfNull(bell);
        Doorbell? entry;
        lock (_gate)
        {
            if (!_bells.TryGetValue(bell, out entry))
                return;
            _bells.Remove(bell);
            _byToken.TryRemove(entry.Token, out _);
        }

        lock (entry.Turn)
        {
            if (entry.IsRemoved)
                return;
            entry.IsRemoved = true;
            if (!entry.IsMuted)
                StopListening(entry);
            entry.Release();
        }
    }

    /// <summary>How many floods of a bell there were; 0 for a bell that is not listened to.</summary>
    public long Floods(EventFd bell)
    {
        ArgumentNullException.ThrowIfNull(bell);
        lock (_gate)
        {
            return _bells.TryGetValue(bell, out Doorbell? entry) ? Volatile.Read(ref entry.Floods) : 0;
        }
    }

    /// <summary>Ends the thread. When this returns, no action is running any more, unless an action called it.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_stopping)
                return;
            _stopping = true;
            _wakeUp.Ring();
        }

        if (Thread.CurrentThread != _thread)
            _thread.Join();
    }

    private void Run()
    {
        try
        {
            Span<ulong> tokens = stackalloc ulong[64];
            while (!Volatile.Read(ref _stopping))
            {
                int count = _epoll.Wait(ListenAgain(), tokens);
                for (int i = 0; i < count && !Volatile.Read(ref _stopping); i++)
                {
                    // A bell that was removed since has no entry any more.
                    if (_byToken.TryGetValue(tokens[i], out Doorbell? entry))
                        Hear(entry);
                }
            }
        }
        catch (Exception e)
        {
            // An exception on a thread of ours would end the application's process.
            _logger.LogCritical(e, "The doorbell relay has failed: network functions in other processes are heard only when polled");
        }

        CleanUp();
    }

    private void Hear(Doorbell entry)
    {
        lock (entry.Turn)
        {
            if (entry.IsRemoved)
                return;
            long now = Stopwatch.GetTimestamp();
            if (now - entry.WindowStart > WindowTicks)
            {
                entry.WindowStart = now;
                entry.Heard = 0;
            }

            if (++entry.Heard > FloodLimit)
            {
                // Taken out of the set, not only disarmed: errors of a file are reported whatever it is watched for.
                StopListening(entry);
                entry.IsMuted = true;
                _muted.Add(entry);
                if (Interlocked.Increment(ref entry.Floods) == 1)
                    _logger.LogWarning("A doorbell was rung more than {Limit} times within {Window}; it is not listened to for the rest of that time", FloodLimit, FloodWindow);
            }

            try
            {
                entry.Action();
            }
            catch (Exception e)
            {
                _logger.LogError(e, "The action of a doorbell threw");
            }
        }
    }

    /// <summary>Listens again to bells whose time is over.</summary>
    /// <returns>Milliseconds until the next bell's time is over; -1 if there is none.</returns>
    private int ListenAgain()
    {
        long soonest = long.MaxValue;
        for (int i = _muted.Count - 1; i >= 0; i--)
        {
            Doorbell entry = _muted[i];
            long remaining = entry.WindowStart + WindowTicks - Stopwatch.GetTimestamp();
            if (remaining > 0)
            {
                soonest = Math.Min(soonest, remaining);
                continue;
            }

            _muted.RemoveAt(i);
            lock (entry.Turn)
            {
                entry.IsMuted = false;
                // If it was rung since, the set reports it at once.
                if (!entry.IsRemoved)
                    _epoll.Add(entry.Bell, entry.Token);
            }
        }

        return soonest == long.MaxValue ? -1 : (int)(soonest * 1000 / Stopwatch.Frequency) + 1;
    }

    private void StopListening(Doorbell entry)
    {
        try
        {
            _epoll.Remove(entry.Bell);
        }
        catch (ObjectDisposedException)
        {
            // After the relay's end there is no set to leave.
        }
    }

    private void Forget(Doorbell entry)
    {
        _bells.Remove(entry.Bell);
        _byToken.TryRemove(entry.Token, out _);
        entry.Release();
    }

    private void CleanUp()
    {
        Doorbell[] left;
        lock (_gate)
        {
            _stopping = true;
            left = [.. _bells.Values];
            _bells.Clear();
            _byToken.Clear();
        }

        foreach (Doorbell entry in left)
        {
            lock (entry.Turn)
            {
                if (!entry.IsRemoved)
                    entry.Release();
                entry.IsRemoved = true;
            }
        }

        _epoll.Dispose();
        _wakeUp.Dispose();
    }
}
