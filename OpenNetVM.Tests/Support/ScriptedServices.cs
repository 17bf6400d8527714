using OpenNetVM.Core.Management;
using OpenNetVM.Core.Services;

namespace OpenNetVM.Tests.Support;

/// <summary>Services of <see cref="ScriptedFunction"/>s.</summary>
internal static class ScriptedServices
{
    extension(NfManagerBuilder builder)
    {
        /// <summary>Adds a service that does to each packet what the test says, or lets it pass.</summary>
        public ServiceId AddScripted(string name, ScriptedFunction.PacketScript? onPacket = null, ServiceOptions? options = null) =>
            builder.AddScripted([], name, onPacket, options);

        /// <summary>Same, and notes every function object that is made, in order.</summary>
        public ServiceId AddScripted(List<ScriptedFunction> made, string name, ScriptedFunction.PacketScript? onPacket = null, ServiceOptions? options = null) =>
            builder.AddScripted(made, name, () => new ScriptedFunction { OnPacket = onPacket }, options);

        /// <summary>Same, for a function that does more than handle packets.</summary>
        public ServiceId AddScripted(List<ScriptedFunction> made, string name, Func<ScriptedFunction> factory, ServiceOptions? options = null) =>
            builder.AddService(
                name,
                () =>
                {
                    ScriptedFunction function = factory();
                    made.Add(function);
                    return function;
                },
                options);
    }
}
