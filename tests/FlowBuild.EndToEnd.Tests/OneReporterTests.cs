namespace FlowBuild.EndToEnd.Tests;

/// <summary>A fault is reported once, whichever way the project is built, and severities follow the user where they are his.</summary>
public sealed class OneReporterTests(PackedFeed feed)
{
    // The class has a field of the type that the broken flow no longer yields: the compiler then drops what analyzers report.
    private const string Program = """
        using Caller;

        System.Console.WriteLine(new Holder().Client is null);

        public sealed class Holder
        {
            public EchoClient? Client { get; init; }
        }
        """;

    private const string Broken = """
        inputs:
          text:
            type: strnig
        outputs:
          output:
            type: string
            reference: ${inputs.text}
        """;

    private const string WithUnknownKey = """
        inputs:
          text:
            type: string
            descripton: misspelled
        outputs:
          output:
            type: string
            reference: ${inputs.text}
        """;

    [Theory]
    [InlineData("build", "Caller")]
    [InlineData("publish", "Caller")]
    [InlineData("build", "Caller", "-t:ValidateFlow", "-restore")]
    [InlineData("publish", "Caller", "-t:ValidateFlow")]
    [InlineData("build", "Caller", "-p:RunAnalyzers=false")]
    public async Task A_broken_flow_beside_a_class_that_needs_its_client_is_reported_once(params string[] command)
    {
        await using var user = new UserFolder(feed);
        user.WriteConsoleProject("Caller", Program);
        user.Write("Caller/echo/flow.dag.yaml", Broken);

        var result = await user.DotNetAsync(command);

        Assert.Equal(1, result.ExitCode);
        AssertReportedOnce(result, "error FLOW", "flow.dag.yaml(3,11");
    }

    [Theory]
    [InlineData("build", "Caller")]
    [InlineData("publish", "Caller")]
    [InlineData("build", "Caller", "-t:ValidateFlow", "-restore")]
    [InlineData("publish", "Caller", "-t:ValidateFlow")]
    public async Task A_warning_is_reported_once(params string[] command)
    {
        await using var user = new UserFolder(feed);
        user.WriteConsoleProject("Caller", Program, "<TreatWarningsAsErrors>false</TreatWarningsAsErrors>");
        user.Write("Caller/echo/flow.dag.yaml", WithUnknownKey);

        var result = await user.DotNetAsync(command);

        Assert.True(result.ExitCode == 0, result.Output);
        AssertReportedOnce(result, "warning FLOW", "flow.dag.yaml(4,5");
    }

    [Fact]
    public async Task A_warning_follows_NoWarn_WarningsAsErrors_and_the_global_configuration()
    {
        await using var user = new UserFolder(feed);
        user.WriteConsoleProject("Caller", Program, "<TreatWarningsAsErrors>false</TreatWarningsAsErrors>");
        user.Write("Caller/echo/flow.dag.yaml", WithUnknownKey);
        var warned = await user.DotNetAsync("build", "Caller");
        var line = Assert.Single(warned.Lines("warning FLOW").Distinct());
        var id = line[line.IndexOf("FLOW", StringComparison.Ordinal)..][..8];

        var silenced = await user.DotNetAsync("build", "Caller", "--no-incremental", $"-p:NoWarn={id}");
        Assert.Equal(0, silenced.ExitCode);
        Assert.Empty(silenced.Lines(id));

        var raised = await user.DotNetAsync("build", "Caller", "--no-incremental", $"-p:WarningsAsErrors={id}");
        Assert.Equal(1, raised.ExitCode);
        Assert.NotEmpty(raised.Lines("error " + id));

        user.Write("Caller/.globalconfig", $"is_global = true\ndotnet_diagnostic.{id}.severity = error\n");
        var configured = await user.DotNetAsync("build", "Caller", "--no-incremental");
        Assert.Equal(1, configured.ExitCode);
        Assert.NotEmpty(configured.Lines("error " + id));
    }

    // MSBuild repeats in its summary what it logged before; a line counts once.
    private static void AssertReportedOnce(CommandResult result, string kind, string place)
    {
        var reports = result.Lines(kind);
        Assert.Contains(place, Assert.Single(reports.Distinct()), StringComparison.Ordinal);
        Assert.InRange(reports.Count, 1, 2);
    }
}
