namespace OpenNetVM.OpenFlow.Protocol;

/// <summary>The errors that are reported, by the names of OpenFlow 1.3.5, 7.4.4.</summary>
internal static class Errors
{
    public static class Hello
    {
        public static readonly OpenFlowError Incompatible = new(ErrorType.HelloFailed, 0);
    }

    public static class BadRequest
    {
        public static readonly OpenFlowError Version = new(ErrorType.BadRequest, 0);
        public static readonly OpenFlowError Type = new(ErrorType.BadRequest, 1);
        public static readonly OpenFlowError Multipart = new(ErrorType.BadRequest, 2);
        public static readonly OpenFlowError Experimenter = new(ErrorType.BadRequest, 3);
        public static readonly OpenFlowError Length = new(ErrorType.BadRequest, 6);
        public static readonly OpenFlowError BufferEmpty = new(ErrorType.BadRequest, 7);
        public static readonly OpenFlowError BufferUnknown = new(ErrorType.BadRequest, 8);
        public static readonly OpenFlowError TableId = new(ErrorType.BadRequest, 9);
        public static readonly OpenFlowError IsSlave = new(ErrorType.BadRequest, 10);
        public static readonly OpenFlowError Port = new(ErrorType.BadRequest, 11);
        public static readonly OpenFlowError Packet = new(ErrorType.BadRequest, 12);
        public static readonly OpenFlowError MultipartOverflow = new(ErrorType.BadRequest, 13);
    }

    public static class BadAction
    {
        public static readonly OpenFlowError Type = new(ErrorType.BadAction, 0);
        public static readonly OpenFlowError Length = new(ErrorType.BadAction, 1);
        public static readonly OpenFlowError Experimenter = new(ErrorType.BadAction, 2);
        public static readonly OpenFlowError ExperimenterType = new(ErrorType.BadAction, 3);
        public static readonly OpenFlowError OutPort = new(ErrorType.BadAction, 4);
        public static readonly OpenFlowError Argument = new(ErrorType.BadAction, 5);
        public static readonly OpenFlowError TooMany = new(ErrorType.BadAction, 7);
        public static readonly OpenFlowError OutGroup = new(ErrorType.BadAction, 9);
        public static readonly OpenFlowError MatchInconsistent = new(ErrorType.BadAction, 10);
        public static readonly OpenFlowError SetType = new(ErrorType.BadAction, 13);
        public static readonly OpenFlowError SetLength = new(ErrorType.BadAction, 14);
        public static readonly OpenFlowError SetArgument = new(ErrorType.BadAction, 15);
    }

    public static class BadInstruction
    {
        public static readonly OpenFlowError Unknown = new(ErrorType.BadInstruction, 0);
        public static readonly OpenFlowError Unsupported = new(ErrorType.BadInstruction, 1);
        public static readonly OpenFlowError TableId = new(ErrorType.BadInstruction, 2);
        public static readonly OpenFlowError Experimenter = new(ErrorType.BadInstruction, 5);
        public static readonly OpenFlowError Length = new(ErrorType.BadInstruction, 7);
    }

    public static class BadMatch
    {
        public static readonly OpenFlowError Type = new(ErrorType.BadMatch, 0);
        public static readonly OpenFlowError Length = new(ErrorType.BadMatch, 1);
        public static readonly OpenFlowError Wildcards = new(ErrorType.BadMatch, 5);
        public static readonly OpenFlowError Field = new(ErrorType.BadMatch, 6);
        public static readonly OpenFlowError Value = new(ErrorType.BadMatch, 7);
        public static readonly OpenFlowError Mask = new(ErrorType.BadMatch, 8);
        public static readonly OpenFlowError Prerequisite = new(ErrorType.BadMatch, 9);
        public static readonly OpenFlowError Duplicate = new(ErrorType.BadMatch, 10);
    }

    public static class FlowMod
    {
        public static readonly OpenFlowError TableFull = new(ErrorType.FlowModFailed, 1);
        public static readonly OpenFlowError TableId = new(ErrorType.FlowModFailed, 2);
        public static readonly OpenFlowError Overlap = new(ErrorType.FlowModFailed, 3);
        public static readonly OpenFlowError Command = new(ErrorType.FlowModFailed, 6);
        public static readonly OpenFlowError Flags = new(ErrorType.FlowModFailed, 7);
    }

    public static class GroupMod
    {
        public static readonly OpenFlowError Exists = new(ErrorType.GroupModFailed, 0);
        public static readonly OpenFlowError Invalid = new(ErrorType.GroupModFailed, 1);
        public static readonly OpenFlowError OutOfGroups = new(ErrorType.GroupModFailed, 3);
        public static readonly OpenFlowError OutOfBuckets = new(ErrorType.GroupModFailed, 4);
        public static readonly OpenFlowError ChainingUnsupported = new(ErrorType.GroupModFailed, 5);
        public static readonly OpenFlowError Unknown = new(ErrorType.GroupModFailed, 8);
        public static readonly OpenFlowError Type = new(ErrorType.GroupModFailed, 10);
        public static readonly OpenFlowError Command = new(ErrorType.GroupModFailed, 11);
        public static readonly OpenFlowError Bucket = new(ErrorType.GroupModFailed, 12);
    }

    public static class PortMod
    {
        public static readonly OpenFlowError Port = new(ErrorType.PortModFailed, 0);
        public static readonly OpenFlowError HardwareAddress = new(ErrorType.PortModFailed, 1);
        public static readonly OpenFlowError Config = new(ErrorType.PortModFailed, 2);
    }

    public static class TableMod
    {
        public static readonly OpenFlowError Table = new(ErrorType.TableModFailed, 0);
        public static readonly OpenFlowError Config = new(ErrorType.TableModFailed, 1);
    }

    public static class QueueOperation
    {
        public static readonly OpenFlowError Port = new(ErrorType.QueueOperationFailed, 0);
        public static readonly OpenFlowError Queue = new(ErrorType.QueueOperationFailed, 1);
    }

    public static class SwitchConfig
    {
        public static readonly OpenFlowError Flags = new(ErrorType.SwitchConfigFailed, 0);
    }

    public static class RoleRequest
    {
        public static readonly OpenFlowError Stale = new(ErrorType.RoleRequestFailed, 0);
        public static readonly OpenFlowError Role = new(ErrorType.RoleRequestFailed, 2);
    }

    public static class MeterMod
    {
        public static readonly OpenFlowError UnknownMeter = new(ErrorType.MeterModFailed, 3);
        public static readonly OpenFlowError Command = new(ErrorType.MeterModFailed, 4);
        public static readonly OpenFlowError OutOfMeters = new(ErrorType.MeterModFailed, 10);
    }

    public static class TableFeatures
    {
        public static readonly OpenFlowError Type = new(ErrorType.TableFeaturesFailed, 2);
        public static readonly OpenFlowError Length = new(ErrorType.TableFeaturesFailed, 3);
        public static readonly OpenFlowError NotPermitted = new(ErrorType.TableFeaturesFailed, 5);
    }
}
