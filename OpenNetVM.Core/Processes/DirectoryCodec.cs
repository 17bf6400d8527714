using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using OpenNetVM.Core.Services;

namespace OpenNetVM.Core.Processes;

/// <summary>Services and instances as bytes, for answers to processes. What does not fit one message is left out, from the end.</summary>
internal static class DirectoryCodec
{
    private const int MaxBytes = 60_000;

    internal static ReadOnlyMemory<byte> Write(IReadOnlyList<ServiceInfo> services)
    {
        ArrayBufferWriter<byte> writer = new();
        foreach (ServiceInfo service in services)
        {
            if (writer.WrittenCount > MaxBytes)
                break;
            Write(writer, service.Id.Value);
            Write(writer, (uint)service.ActiveInstances);
            Write(writer, service.Name);
            Write(writer, service.LoadBalancer);
        }

        return writer.WrittenMemory;
    }

    internal static ReadOnlyMemory<byte> Write(IReadOnlyList<InstanceInfo> instances)
    {
        ArrayBufferWriter<byte> writer = new();
        foreach (InstanceInfo instance in instances)
        {
            if (writer.WrittenCount > MaxBytes)
                break;
            Write(writer, instance.Id.Value);
            Write(writer, instance.Service.Value);
            Write(writer, (uint)instance.State);
            Write(writer, instance.ServiceName);
            Write(writer, instance.Worker ?? string.Empty);
        }

        return writer.WrittenMemory;
    }

    /// <exception cref="InvalidDataException">The bytes are none of <see cref="Write(IReadOnlyList{ServiceInfo})"/>'s.</exception>
    internal static IReadOnlyList<ServiceInfo> ReadServices(ReadOnlySpan<byte> bytes)
    {
        List<ServiceInfo> services = [];
        while (!bytes.IsEmpty)
        {
            ushort id = ReadUInt16(ref bytes);
            uint active = ReadUInt32(ref bytes);
            string name = ReadString(ref bytes);
            services.Add(new ServiceInfo(new ServiceId(id), name, ReadString(ref bytes), (int)active));
        }

        return services;
    }

    /// <exception cref="InvalidDataException">The bytes are none of <see cref="Write(IReadOnlyList{InstanceInfo})"/>'s.</exception>
    internal static IReadOnlyList<InstanceInfo> ReadInstances(ReadOnlySpan<byte> bytes)
    {
        List<InstanceInfo> instances = [];
        while (!bytes.IsEmpty)
        {
            InstanceId id = new(ReadUInt16(ref bytes));
            ServiceId service = new(ReadUInt16(ref bytes));
            InstanceState state = (InstanceState)ReadUInt32(ref bytes);
            string name = ReadString(ref bytes);
            string worker = ReadString(ref bytes);
            instances.Add(new InstanceInfo(id, service, name, state, worker.Length == 0 ? null : worker));
        }

        return instances;
    }

    private static void Write(ArrayBufferWriter<byte> writer, ushort value)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(writer.GetSpan(sizeof(ushort)), value);
        writer.Advance(sizeof(ushort));
    }

    private static void Write(ArrayBufferWriter<byte> writer, uint value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(writer.GetSpan(sizeof(uint)), value);
        writer.Advance(sizeof(uint));
    }

    private static void Write(ArrayBufferWriter<byte> writer, string text)
    {
        // Names are the application's own and short; an answer has room for thousands.
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        int length = Math.Min(bytes.Length, 256);
        Write(writer, (ushort)length);
        writer.Write(bytes.AsSpan(0, length));
    }

    private static ushort ReadUInt16(ref ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt16LittleEndian(Take(ref bytes, sizeof(ushort)));

    private static uint ReadUInt32(ref ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt32LittleEndian(Take(ref bytes, sizeof(uint)));

    private static string ReadString(ref ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(Take(ref bytes, ReadUInt16(ref bytes)));

    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> bytes, int count)
    {
        if (count > bytes.Length)
            throw new InvalidDataException($"The manager's list ends within an entry: {count} bytes are missing {count - bytes.Length}.");
        ReadOnlySpan<byte> taken = bytes[..count];
        bytes = bytes[count..];
        return taken;
    }
}
