namespace OpenNetVM.Core.Services;

/// <summary>Where an instance of a service stands in its life.</summary>
public enum InstanceState
{
    /// <summary>Registered; its function's OnStart has not returned yet. It gets no packets.</summary>
    Starting,

    /// <summary>Gets packets and handles them.</summary>
    Running,

    /// <summary>Keeps its place and its packets but handles none, and gets no new flows or packets while others of its service run.</summary>
    Paused,

    /// <summary>Gets no new packets; handles those that it has, then stops.</summary>
    Draining,

    /// <summary>Gone: it holds nothing, and its id is free.</summary>
    Stopped,

    /// <summary>Its function threw an exception. Its packets go to other instances of its service; the supervisor may restart it.</summary>
    Faulted,
}
