using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OpenNetVM.Core.Packets;

namespace OpenNetVM.Tests.Packets;

/// <summary>The layouts that cross process boundaries.</summary>
public class LayoutTests
{
    [Theory]
    [InlineData(nameof(PacketDescriptor.BufferIndex), 0)]
    [InlineData(nameof(PacketDescriptor.RssHash), 4)]
    [InlineData(nameof(PacketDescriptor.Chain), 8)]
    [InlineData(nameof(PacketDescriptor.Destination), 10)]
    [InlineData(nameof(PacketDescriptor.Hop), 12)]
    [InlineData(nameof(PacketDescriptor.Action), 13)]
    [InlineData(nameof(PacketDescriptor.DirectorVersion), 14)]
    public void A_descriptor_is_16_bytes_with_its_fields_in_place(string field, int offset)
    {
        Assert.Equal(16, Unsafe.SizeOf<PacketDescriptor>());
        Assert.Equal(offset, (int)Marshal.OffsetOf<PacketDescriptor>(field));
    }

    [Fact]
    public void A_header_is_one_cache_line_half_of_which_is_the_functions()
    {
        Assert.Equal(64, Unsafe.SizeOf<PacketHeader>());
        Assert.Equal(32, PacketHeader.UserAreaSize);
        Assert.False(RuntimeHelpers.IsReferenceOrContainsReferences<PacketHeader>());
        Assert.False(RuntimeHelpers.IsReferenceOrContainsReferences<PacketDescriptor>());
    }
}
