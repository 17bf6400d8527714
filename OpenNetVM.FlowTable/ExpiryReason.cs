namespace OpenNetVM.FlowTable;

/// <summary>Why an entry expired.</summary>
public enum ExpiryReason
{
    /// <summary>It was not used for as long as its idle timeout.</summary>
    Idle,

    /// <summary>It reached its hard timeout.</summary>
    Hard,
}
