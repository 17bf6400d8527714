namespace OpenNetVM.Samples.Functions;

/// <summary>What the monitor keeps of a flow.</summary>
internal struct FlowCount
{
    public long Packets;
    public long Bytes;
}
