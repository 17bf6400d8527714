using System.Buffers;

namespace OpenNetVM.Core.Processes.Control;

/// <summary>Frames written one behind the other into one pooled array. Not for several threads at once.</summary>
internal sealed class FrameBuffer : IBufferWriter<byte>
{
    // What an idle connection may keep.
    private const int KeptCapacity = 4_096;

    private byte[] _array = [];
    private int _length;

    public int Length => _length;

    public ReadOnlyMemory<byte> Written => _array.AsMemory(0, _length);

    /// <summary>Appends a whole frame, or nothing.</summary>
    /// <exception cref="ArgumentException">The payload is longer than the protocol allows, or holds a field that is.</exception>
    public void Append<T>(ControlMessageType type, uint request, in T payload)
        where T : IControlPayload
    {
        int start = _length;
        try
        {
            GetSpan(ControlProtocol.HeaderLength);
            _length += ControlProtocol.HeaderLength;
            payload.Write(this);
            int length = _length - start - ControlProtocol.HeaderLength;
            if (length > ControlProtocol.MaxPayload)
                throw new ArgumentException($"The payload of a {type} frame has {length:N0} bytes; at most {ControlProtocol.MaxPayload:N0} are allowed.", nameof(payload));
            ControlFrameReader.WriteHeader(_array.AsSpan(start), length, type, request);
        }
        catch
        {
            _length = start;
            throw;
        }
    }

    /// <summary>Forgets what was appended after the buffer had a length.</summary>
    public void CutTo(int length) => _length = length;

    /// <summary>Empties the buffer, and gives a large array back.</summary>
    public void Clear()
    {
        _length = 0;
        if (_array.Length > KeptCapacity)
            Release();
    }

    /// <summary>Gives the array back. The buffer can be used again.</summary>
    public void Release()
    {
        byte[] array = _array;
        _array = [];
        _length = 0;
        if (array.Length > 0)
            ArrayPool<byte>.Shared.Return(array);
    }

    public void Advance(int count) => _length += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _array.AsMemory(_length);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _array.AsSpan(_length);
    }

    private void Reserve(int size)
    {
        size = Math.Max(size, 1);
        if (_array.Length - _length >= size)
            return;
        byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(_length + size, Math.Max(512, 2 * _array.Length)));
        _array.AsSpan(0, _length).CopyTo(larger);
        byte[] old = _array;
        _array = larger;
        if (old.Length > 0)
            ArrayPool<byte>.Shared.Return(old);
    }
}
