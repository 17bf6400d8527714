using OpenNetVM.Tests.Support;

// What xunit would generate, behind the one thing that it cannot do: be a child process of a test.
if (ChildScenario.IsAskedFor(args))
    return ChildScenario.RunAsChild(args);
if (NfChild.IsAskedFor(args))
    return NfChild.RunAsChild(args);
if (args.Any(argument => argument is "-automated" or "@@"))
    return await Xunit.Runner.InProc.SystemConsole.ConsoleRunner.Run(args);
return await Xunit.MicrosoftTestingPlatform.TestPlatformTestFramework.RunAsync(args, OpenNetVM.Tests.SelfRegisteredExtensions.AddSelfRegisteredExtensions);
