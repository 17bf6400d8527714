namespace OpenNetVM.Tests.Dataplane;

/// <summary>
/// A deliberately broken sleeper: it announces its sleep, but does not look for work once more afterwards. What catches lost
/// wake-ups must catch this one.
/// </summary>
internal sealed class ForgetfulSleeper(Func<int> poll)
{
    private readonly object _lock = new();
    private int _sleeping;
    private bool _stop;

    /// <summary>True while its thread is in its wait.</summary>
    public bool IsAsleep { get; private set; }

    public void Start() => new Thread(Run) { IsBackground = true }.Start();

    public void Wake()
    {
        if (Volatile.Read(ref _sleeping) == 0)
            return;
        Signal();
    }

    public void Stop()
    {
        lock (_lock)
            _stop = true;
        Signal();
    }

    private void Signal()
    {
        lock (_lock)
        {
            _sleeping = 0;
            Monitor.Pulse(_lock);
        }
    }

    private void Run()
    {
        while (true)
        {
            if (poll() > 0)
                continue;
            Volatile.Write(ref _sleeping, 1);
            lock (_lock)
            {
                if (_stop)
                    return;
                IsAsleep = true;
                if (_sleeping != 0)
                    Monitor.Wait(_lock);
                IsAsleep = false;
            }
        }
    }
}
