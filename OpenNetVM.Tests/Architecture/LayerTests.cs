using System.Reflection;
using NetArchTest.Rules;
using NetArchTestResult = NetArchTest.Rules.TestResult;

namespace OpenNetVM.Tests.Architecture;

/// <summary>Inside Core too, what is used by everything knows nothing of its users.</summary>
public class LayerTests
{
    private static readonly string[] Users =
    [
        "OpenNetVM.Core.Chains", "OpenNetVM.Core.Dataplane", "OpenNetVM.Core.Flows", "OpenNetVM.Core.LoadBalancing", "OpenNetVM.Core.Management",
        "OpenNetVM.Core.NetworkFunctions", "OpenNetVM.Core.Ports", "OpenNetVM.Core.Processes", "OpenNetVM.Core.Services",
    ];

    private static readonly Assembly Core = Assembly.Load("OpenNetVM.Core");

    [Theory]
    [InlineData("OpenNetVM.Core.Rings")]
    [InlineData("OpenNetVM.Core.Headers")]
    [InlineData("OpenNetVM.Core.Captures")]
    public void A_leaf_knows_nothing_of_the_platform(string leaf)
    {
        PredicateList types = Types.InAssembly(Core).That().ResideInNamespace(leaf);
        Assert.NotEmpty(types.GetTypes());
        NetArchTestResult result = types.ShouldNot().HaveDependencyOnAny(Users).GetResult();
        Assert.True(result.IsSuccessful, $"{leaf} depends on what is above it: {string.Join(", ", result.FailingTypeNames ?? [])}");
    }

    [Fact]
    public void The_rule_sees_a_dependency_where_there_is_one() =>
        Assert.False(Types.InAssembly(typeof(LayerTests).Assembly).That().HaveName(nameof(DependencyTests))
            .ShouldNot().HaveDependencyOnAny("OpenNetVM.FlowTable").GetResult().IsSuccessful);
}
