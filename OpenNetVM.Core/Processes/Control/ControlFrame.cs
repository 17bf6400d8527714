using System.Buffers;

namespace OpenNetVM.Core.Processes.Control;

/// <summary>A received frame.</summary>
/// <param name="Type">What it holds; a type that the sender may send.</param>
/// <param name="Request">The number of the request, or of the request that is answered; 0: no answer is wanted.</param>
/// <param name="Payload">A view of the receive buffer, valid until the next read. What <see cref="IControlPayload{T}"/> reads from it is a copy.</param>
internal readonly record struct ControlFrame(ControlMessageType Type, uint Request, ReadOnlySequence<byte> Payload);
