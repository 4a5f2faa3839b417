using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Deployment.Plan;

namespace FlowBuild.Deployment.Tests;

public sealed class TrafficMapTests
{
    [Theory]
    [InlineData("blue=90 green=10", "blue=90 green=10")]
    [InlineData("Blue=100", "blue=100")]
    [InlineData("blue=100;green=0", "blue=100")]
    [InlineData("blue=0", "none")]
    public void Traffic_is_read_as_az_ml_writes_it(string text, string shown) => Assert.Equal(shown, TrafficMap.Parse("FlowTraffic", text).ToString());

    [Theory]
    [InlineData("blue=90", "sum to 90")]
    [InlineData("blue=90,green=10", "blue=90 green=10")]
    [InlineData("blue", "blue=90 green=10")]
    [InlineData("blue=50 BLUE=50", "blue=90 green=10")]
    [InlineData("blue=-1 green=101", "blue=90 green=10")]
    public void What_is_no_traffic_is_refused_with_an_example(string text, string says)
    {
        var refused = Assert.Throws<FlowDeploymentException>(() => TrafficMap.Parse("FlowTraffic", text));

        Assert.Equal(ConfigurationRules.InvalidProperty, refused.Diagnostic.Rule);
        Assert.Contains(says, refused.Message, StringComparison.Ordinal);
    }
}
