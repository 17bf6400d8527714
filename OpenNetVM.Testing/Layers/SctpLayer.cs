using System.Buffers.Binary;
using OpenNetVM.Core.Headers;

namespace OpenNetVM.Testing.Layers;

/// <summary>The common header of SCTP (RFC 9260) and, where there is a payload, one DATA chunk that carries it unfragmented.</summary>
internal sealed record SctpLayer(ushort SourcePort, ushort DestinationPort, uint VerificationTag, bool HasData = false) : Layer
{
    private const int CommonLength = 12;
    private const int ChunkLength = 16;

    public ChecksumRule Checksum { get; init; }

    public override string Name => "SCTP";

    public override int HeaderLength => HasData ? CommonLength + ChunkLength : CommonLength;

    public override byte? Protocol => IpProtocols.Sctp;

    public override int TrailerLength(int contentLength, Layer? next) => -contentLength & 3;

    public override bool Carries(Layer inner) => inner is PayloadLayer;

    public override void Write(Span<byte> bytes, in LayerContext context)
    {
        Wire.U16(bytes, 0, SourcePort);
        Wire.U16(bytes, 2, DestinationPort);
        Wire.U32(bytes, 4, VerificationTag);
        Wire.U32(bytes, 8, 0);
        if (HasData)
            WriteChunkHeader(bytes[CommonLength..], context.Next is PayloadLayer payload ? payload.HeaderLength : 0);

        // The one checksum that travels with its lowest byte first (RFC 9260 appendix A).
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[8..], Checksum.Apply(Crc32C.Compute(bytes)));
    }

    public override Layer Reversed() => this with { SourcePort = DestinationPort, DestinationPort = SourcePort };

    public override Layer? WithChecksum(ChecksumRule rule) => this with { Checksum = rule };

    private static void WriteChunkHeader(Span<byte> chunk, int length)
    {
        const byte Data = 0;
        const byte FirstAndLastFragment = 3;
        const uint TransmissionSequenceNumber = 1;
        chunk[..ChunkLength].Clear();
        chunk[0] = Data;
        chunk[1] = FirstAndLastFragment;
        Wire.U16(chunk, 2, (ushort)(ChunkLength + length));
        Wire.U32(chunk, 4, TransmissionSequenceNumber);
    }
}
