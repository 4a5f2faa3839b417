using FlowBuild.Definitions.Diagnostics;

namespace FlowBuild.Deployment.Tests;

/// <summary>What a user reads when the service fails a deployment.</summary>
public sealed class RemedyTests
{
    /// <summary>The codes that Azure's documents on troubleshooting online endpoints, and its client, give for deployments.</summary>
    public static TheoryData<string> Codes { get; } =
    [
        "OutOfQuota", "BadArgument", "ResourceNotReady", "ResourceNotFound", "ImageBuildFailure", "OperationCanceled",
        "WorkspaceManagedNetworkNotReady", "SecretsInjectionError", "InternalServerError", "MissingDriverProgram",
        "KubernetesUnaccessible", "ACRSecretError", "TokenRefreshFailed", "GetAADTokenFailed", "ACRAuthenticationChallengeFailed",
        "ACRTokenExchangeFailed", "ImagePullLoopBackOff", "DeploymentCrashLoopBackOff", "KubernetesCrashLoopBackOff",
        "PodUnschedulable", "PodOutOfMemory", "UserScriptInitFailed", "UserScriptImportError", "UserScriptFunctionNotFound",
        "NamespaceNotFound", "EndpointNotFound", "EndpointAlreadyExists", "ScoringFeUnhealthy", "ValidateScoringFailed",
        "InvalidDeploymentSpec", "InferencingClientCallFailed",
    ];

    [Theory]
    [MemberData(nameof(Codes))]
    public async Task Every_code_comes_with_its_remedy_the_time_it_took_and_the_ids_that_support_asks_for(string code)
    {
        await using var chat = await BasicChat.StartAsync();
        await chat.SetFaultsAsync($$"""{ "operations": [ { "kind": "PutDeployment", "times": 100, "code": "{{code}}", "message": "The reason." } ] }""");

        var failed = await Assert.ThrowsAsync<FlowDeploymentException>(() => chat.DeployAsync());

        Assert.Equal(WorkspaceRules.OperationFailed, failed.Diagnostic.Rule);
        Assert.StartsWith($"Deployment basic-chat-endpoint/blue failed with {code}: The reason. ", failed.Message, StringComparison.Ordinal);
        Assert.Matches(@"The reason\. \S.{20,}[.:].* \(after \d+\.\d s, [^)]*\S+ [0-9a-f-]{16,}", failed.Message);
        Assert.DoesNotContain("The container logs may say more", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_message_that_is_an_error_document_itself_is_read_to_its_ground()
    {
        await using var chat = await BasicChat.StartAsync();
        await chat.SetFaultsAsync("""
            { "operations": [ { "kind": "PutDeployment", "code": "BadRequest", "message": "{\"error\":{\"code\":\"BadRequest\",\"details\":[{\"code\":\"ImageBuildFailure\",\"message\":\"pip found no version.\"}]}}" } ] }
            """);

        var failed = await Assert.ThrowsAsync<FlowDeploymentException>(() => chat.DeployAsync());

        Assert.StartsWith("Deployment basic-chat-endpoint/blue failed with ImageBuildFailure: pip found no version. The message names", failed.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"text\"")]
    [InlineData("{ \"value\": \"text\" }")]
    [InlineData("{ \"value\": [] }")]
    public void Ids_of_an_unknown_shape_cost_neither_code_nor_message(string info)
    {
        var fault = Workspace.ServiceFault.Parse(
            System.Text.Encoding.UTF8.GetBytes($$"""{ "code": "BadRequest", "message": "The reason.", "additionalInfo": [ { "type": "Correlation", "info": {{info}} } ] }"""), "Error");

        Assert.Equal(("BadRequest", "The reason.", null), (fault.Code, fault.Message, fault.Correlation));
    }

    [Fact]
    public async Task A_code_that_is_not_known_points_at_the_logs()
    {
        await using var chat = await BasicChat.StartAsync();
        await chat.SetFaultsAsync("""{ "operations": [ { "kind": "PutDeployment", "code": "SomethingNew", "message": "The reason." } ] }""");

        var failed = await Assert.ThrowsAsync<FlowDeploymentException>(() => chat.DeployAsync());

        Assert.Contains("SomethingNew: The reason. The container logs may say more.", failed.Message, StringComparison.Ordinal);
    }
}
