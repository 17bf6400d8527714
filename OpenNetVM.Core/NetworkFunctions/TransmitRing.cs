using OpenNetVM.Core.Packets;
using OpenNetVM.Core.Rings;

namespace OpenNetVM.Core.NetworkFunctions;

/// <summary>Stateless. How packets of a function go on its transmit ring, whichever process it runs in; by the function's thread.</summary>
internal static class TransmitRing
{
    /// <summary>Puts a burst on that there is room for, but for the packets that the function holds.</summary>
    internal static void Put(SpscRing<PacketDescriptor> ring, ReadOnlySpan<PacketDescriptor> burst, bool anyHeld)
    {
        if (!anyHeld)
        {
            ring.TryEnqueue(burst);
            return;
        }

        foreach (ref readonly PacketDescriptor descriptor in burst)
        {
            if (descriptor.Action != PacketActionKind.Hold)
                ring.TryEnqueue(descriptor);
        }
    }

    /// <summary>Puts one packet on if there is room for it and for the packets of the burst that is being handled.</summary>
    internal static bool TryPut(SpscRing<PacketDescriptor> ring, in PacketDescriptor descriptor, int reserved) =>
        ring.FreeFor(reserved + 1) > reserved && ring.TryEnqueue(descriptor);
}
