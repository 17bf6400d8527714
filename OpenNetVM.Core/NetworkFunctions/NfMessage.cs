using OpenNetVM.Core.Services;

namespace OpenNetVM.Core.NetworkFunctions;

/// <summary>A message between instances, or from the application to instances. Immutable; the body must not be changed after sending.</summary>
/// <param name="Sender">The instance that sent it; not a valid id if the application did.</param>
/// <param name="Kind">What it is about, by agreement between sender and receiver.</param>
/// <param name="Body">Its content. Bytes, so that it can go to another process.</param>
public readonly record struct NfMessage(InstanceId Sender, int Kind, ReadOnlyMemory<byte> Body);
