namespace OpenNetVM.OpenFlow.Datapath;

/// <summary>A frame that actions can change: its bytes, and room in front of them. Used by one thread at a time.</summary>
internal interface IEditableFrame
{
    /// <summary>The frame as it is now, from its destination address on, without FCS.</summary>
    Span<byte> Data { get; }

    /// <summary>Makes the frame longer at its front, by bytes of no defined content; false, with nothing changed, where there is no room.</summary>
    bool TryPrepend(int count);

    /// <summary>Takes bytes off the front; false, with nothing changed, where the frame is shorter.</summary>
    bool TryTrimStart(int count);

    /// <summary>
    /// Says that tags, Ethernet type or IP protocol are others than before, so that what was known of where the headers are does not hold any more. Another value
    /// of an address or a port is not told.
    /// </summary>
    void Changed();
}
