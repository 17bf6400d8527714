namespace OpenNetVM.OpenFlow;

/// <summary>What becomes of the controller's rules when the last controller is lost (OpenFlow 1.3.5, 6.3.2).</summary>
public enum SdnFailMode
{
    /// <summary>They stay, and go by their timeouts.</summary>
    Secure = 0,

    /// <summary>They go, and packets follow the platform's default chain until a controller is there again.</summary>
    Standalone = 1,
}
