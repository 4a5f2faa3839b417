using System.Collections.Immutable;
using FlowBuild.Generator.Tests.Harness;
using Microsoft.CodeAnalysis;
using static Microsoft.CodeAnalysis.IncrementalStepRunReason;

namespace FlowBuild.Generator.Tests;

/// <summary>What is computed again after an edit.</summary>
public sealed class IncrementalTests
{
    private const string Yaml = "inputs:\n  question:\n    type: string\noutputs:\n  answer:\n    type: string\n    reference: ${inputs.question}\n";

    [Theory]
    [InlineData(1)]
    [InlineData(300)]
    public void An_edit_of_unrelated_code_leaves_every_step_cached(int flows)
    {
        var project = Project(flows);
        project.Run();

        project.EditCSharp();
        var run = project.Run();

        Assert.All(run.AllReasons, static reason => Assert.True(reason is Cached or Unchanged, reason.ToString()));
        Assert.Equal($"{flows} Cached", run.Reasons(TrackingNames.Parse));
        Assert.Equal($"{flows} Cached", run.Reasons(TrackingNames.Contract));
        Assert.Equal($"{flows} Cached", run.Emitted);
        Assert.Equal(flows * 2, run.Sources.Count);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(300)]
    public void An_edit_of_a_comment_parses_that_flow_and_emits_nothing(int flows)
    {
        var project = Project(flows);
        project.Run();

        project.Edit("flow-0/flow.dag.yaml", static text => "# what it is for\n" + text);
        var run = project.Run();

        Assert.Equal(Changed(flows, Modified), run.Reasons(TrackingNames.Parse));
        Assert.Equal(Changed(flows, Unchanged), run.Reasons(TrackingNames.Contract));
        Assert.Equal($"{flows} Cached", run.Emitted);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(300)]
    public void An_edit_of_one_flow_leaves_the_others_untouched(int flows)
    {
        var project = Project(flows);
        project.Run();

        project.Edit("flow-0/flow.dag.yaml", static text => text.Replace("question", "message", StringComparison.Ordinal));
        var run = project.Run();

        Assert.Equal(Changed(flows, Modified), run.Reasons(TrackingNames.Parse));
        Assert.Equal(Changed(flows, Modified), run.Reasons(TrackingNames.Contract));
        Assert.Equal(Changed(flows, Modified), run.Emitted);
        Assert.Contains("Message", run.Sources["Flow0.Contracts.g.cs"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(300)]
    public void A_flow_that_is_added_is_the_only_one_that_is_worked_on(int flows)
    {
        var project = Project(flows);
        project.Run();

        project.Flow("added/flow.dag.yaml", Yaml);
        var run = project.Run();

        Assert.Equal($"1 New, {flows} Cached", run.Reasons(TrackingNames.Parse));
        Assert.Equal($"1 New, {flows} Unchanged", run.Reasons(TrackingNames.Contract));
        Assert.Equal($"1 New, {flows} Cached", run.Emitted);
        Assert.Contains("Added.Client.g.cs", run.Sources.Keys);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(300)]
    public void A_flow_that_is_removed_takes_its_files_along_and_no_others(int flows)
    {
        var project = Project(flows);
        project.Run();

        project.Remove("flow-1/flow.dag.yaml");
        var run = project.Run();

        Assert.DoesNotContain("Flow1.Client.g.cs", run.Sources.Keys);
        Assert.Equal((flows - 1) * 2, run.Sources.Count);
        Assert.Equal($"{flows - 1} Cached, 1 Removed", run.Reasons(TrackingNames.Parse));
        Assert.Equal($"{flows - 1} Unchanged, 1 Removed", run.Reasons(TrackingNames.Contract));
        Assert.Equal($"{flows - 1} Cached, 1 Removed", run.Emitted);
    }

    [Fact]
    public void A_flow_whose_folder_is_renamed_gets_a_new_client()
    {
        var project = Project(2);
        project.Run();

        project.Remove("flow-1/flow.dag.yaml");
        project.Flow("renamed/flow.dag.yaml", Yaml);
        var run = project.Run();

        Assert.Equal(["Flow0", "Renamed"], run.Sources.Keys.Select(static name => name.Split('.')[0]).Distinct());
        Assert.Equal("1 Modified, 1 Cached", run.Reasons(TrackingNames.Parse));
    }

    [Fact]
    public void An_edit_of_a_deployment_file_touches_only_the_flow_that_names_it()
    {
        const string Deployment = "name: blue\nendpoint_name: chat-endpoint\nmodel: azureml:chat-model:1\ninstance_type: Standard_DS3_v2\ninstance_count: 1\n";
        var project = Project(2)
            .Flow("joined/flow.dag.yaml", Yaml, ("FlowBuildDeploymentPath", "/project/deployment.yml"))
            .Add("../project/deployment.yml", Deployment, ("FlowBuildKind", "DeploymentFile"));
        Assert.Contains("Answer", project.Run().Sources["Joined.Contracts.g.cs"], StringComparison.Ordinal);

        project.Edit("../project/deployment.yml", static text => text + "environment_variables:\n  PROMPTFLOW_RESPONSE_INCLUDED_FIELDS: '[]'\n");
        var run = project.Run();

        Assert.DoesNotContain("Answer", run.Sources["Joined.Contracts.g.cs"], StringComparison.Ordinal);
        Assert.Equal("3 Cached", run.Reasons(TrackingNames.Parse));
        Assert.Equal("1 Modified, 2 Unchanged", run.Reasons(TrackingNames.Contract));

        project.Edit("../project/deployment.yml", static text => text + "# a comment\n");
        Assert.Equal("3 Cached", project.Run().Emitted);
    }

    /// <summary>A struct costs each compiler that starts the time to compile Roslyn's tables for it, about 150 methods.</summary>
    [Fact]
    public void Only_classes_go_from_step_to_step()
    {
        var types = Project(2)
            .Flow("joined/flow.dag.yaml", Yaml + "nodez: []\n", ("FlowBuildDeploymentPath", "/project/deployment.yml"), ("ClientName", "not a name"))
            .Add("/project/deployment.yml", "environment_variables:\n  PROMPTFLOW_RESPONSE_INCLUDED_FIELDS: '[]'\n", ("FlowBuildKind", "DeploymentFile"))
            .Run().ValueTypes.ToList();

        // The compiler's own two, a pair of Combine and an array of Collect, are compiled once for all classes.
        Assert.Contains(types, static type => type.Namespace == typeof(FlowGenerator).Namespace + ".Inputs");
        Assert.DoesNotContain(types, static type => type.IsValueType && !(type.IsGenericType
            && type.GetGenericTypeDefinition() is var shape
            && (shape == typeof(ValueTuple<,>) || shape == typeof(ImmutableArray<>))
            && type.GetGenericArguments().All(static argument => !argument.IsValueType)));
    }

    private static FlowProject Project(int flows)
    {
        var project = new FlowProject();
        for (var i = 0; i < flows; i++)
        {
            project.Flow($"flow-{i}/flow.dag.yaml", Yaml);
        }

        return project;
    }

    private static string Changed(int flows, IncrementalStepRunReason first) =>
        string.Join(", ", new[] { (1, first), (flows - 1, Cached) }.Where(static x => x.Item1 > 0).OrderBy(static x => x.Item2).Select(static x => $"{x.Item1} {x.Item2}"));
}
