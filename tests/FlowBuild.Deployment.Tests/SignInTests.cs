namespace FlowBuild.Deployment.Tests;

/// <summary>
/// Targets that sign in for real: Azure.Identity fetches a token over TLS from a loopback server, and the control plane, a local
/// workspace taken for one in Azure, takes that token and no other.
/// </summary>
public sealed class SignInTests
{
    private const string ControlPlane = LoopbackCloud.ControlPlane;

    [Fact]
    public async Task A_client_secret_of_the_environment_signs_in()
    {
        await using var cloud = await LoopbackCloud.StartAsync();
        cloud.UseSecret(TokenServer.Secret);

        var shown = await cloud.Targets.RunAsync("ShowFlow", "FlowCredential=Environment");

        AssertShown(shown);
        Assert.Equal([$"client_credentials for {ControlPlane}/.default by {TokenServer.Client} of {TokenServer.Tenant} with secret"], cloud.Tokens.Asked.Distinct());
        Assert.Single(shown.Lines("(from the environment)"));
    }

    [Fact]
    public async Task A_federated_token_signs_in_without_any_secret()
    {
        await using var cloud = await LoopbackCloud.StartAsync();
        var environment = cloud.Targets.Environment;
        environment["AZURE_TENANT_ID"] = TokenServer.Tenant;
        environment["AZURE_CLIENT_ID"] = TokenServer.Client;
        environment["AZURE_FEDERATED_TOKEN_FILE"] = cloud.Write("federated-token", TokenServer.FederatedToken);

        AssertShown(await cloud.Targets.RunAsync("ShowFlow", "FlowCredential=WorkloadIdentity"));

        Assert.Equal([$"client_credentials for {ControlPlane}/.default by {TokenServer.Client} of {TokenServer.Tenant} with federated token"], cloud.Tokens.Asked.Distinct());
    }

    [Theory]
    [InlineData("", "app service for https://management.example.com by ")]
    [InlineData(TokenServer.Client, "app service for https://management.example.com by " + TokenServer.Client)]
    public async Task A_managed_identity_of_an_app_service_signs_in(string client, string asked)
    {
        await using var cloud = await LoopbackCloud.StartAsync();
        var environment = cloud.Targets.Environment;
        environment["IDENTITY_ENDPOINT"] = new Uri(cloud.Tokens.Machine, "msi/token").ToString();
        environment["IDENTITY_HEADER"] = TokenServer.IdentityHeader;
        environment["AZURE_CLIENT_ID"] = client;

        AssertShown(await cloud.Targets.RunAsync("ShowFlow", "FlowCredential=ManagedIdentity"));

        Assert.Equal([asked], cloud.Tokens.Asked.Distinct());
    }

    [Fact]
    public async Task A_managed_identity_of_a_machine_signs_in()
    {
        await using var cloud = await LoopbackCloud.StartAsync();
        cloud.Targets.Environment["AZURE_POD_IDENTITY_AUTHORITY_HOST"] = cloud.Tokens.Machine.ToString();

        AssertShown(await cloud.Targets.RunAsync("ShowFlow", "FlowCredential=ManagedIdentity"));

        Assert.Contains("machine for https://management.example.com by ", cloud.Tokens.Asked);
    }

    [Fact]
    public async Task The_default_credential_takes_what_it_finds()
    {
        await using var cloud = await LoopbackCloud.StartAsync();
        cloud.UseSecret(TokenServer.Secret);

        AssertShown(await cloud.Targets.RunAsync("ShowFlow"));
    }

    [Theory]
    [InlineData("Environment")]
    [InlineData("Default")]
    public async Task A_token_server_that_fails_once_is_asked_again_and_that_is_said(string credential)
    {
        await using var cloud = await LoopbackCloud.StartAsync();
        cloud.UseSecret(TokenServer.Secret);
        cloud.Tokens.Failures = 1;

        var shown = await cloud.Targets.RunAsync("ShowFlow", $"FlowCredential={credential}");

        AssertShown(shown);
        Assert.Equal(0, cloud.Tokens.Failures);
        Assert.Single(shown.Lines($"POST 127.0.0.1/{TokenServer.Tenant}/oauth2/v2.0/token: HTTP 503, sent again (try 2)"));
    }

    [Fact]
    [Trait("Category", "Security")]
    public async Task A_wrong_secret_is_one_coded_error_without_the_secret_or_a_stack_trace()
    {
        await using var cloud = await LoopbackCloud.StartAsync();
        cloud.UseSecret("wrong-secret-of-the-service-principal");

        var refused = await cloud.Targets.RunAsync("ShowFlow", "FlowCredential=Environment");

        Assert.NotEqual(0, refused.ExitCode);
        var error = Assert.Single(refused.Lines("error FLOW"));
        Assert.Contains("error FLOW4011: No token for Azure could be got with FlowCredential=Environment; set AZURE_TENANT_ID, AZURE_CLIENT_ID and", error, StringComparison.Ordinal);
        Assert.Contains(". Azure.Identity says: AADSTS7000215: Invalid client secret provided. Ensure the secret", error, StringComparison.Ordinal);
        Assert.DoesNotContain("wrong-secret-of-the-service-principal", refused.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", refused.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Environment", "set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET", "EnvironmentCredential authentication unavailable")]
    [InlineData("WorkloadIdentity", "set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_FEDERATED_TOKEN_FILE", "WorkloadIdentityCredential authentication unavailable")]
    [InlineData("AzureCli", "install the Azure CLI and sign in ('az login')", "Azure CLI")]
    public async Task A_credential_that_is_not_there_says_how_to_get_it(string word, string remedy, string reason)
    {
        await using var cloud = await LoopbackCloud.StartAsync();
        cloud.Targets.Environment["PATH"] = "/nowhere";

        var refused = await cloud.Targets.RunAsync("ShowFlow", $"FlowCredential={word}");

        var error = Assert.Single(refused.Lines("error FLOW"));
        Assert.Contains($"error FLOW4011: No token for Azure could be got with FlowCredential={word}; {remedy}", error, StringComparison.Ordinal);
        Assert.Contains(reason, error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", refused.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_default_credential_that_finds_nothing_says_what_it_tried()
    {
        await using var cloud = await LoopbackCloud.StartAsync();
        cloud.Targets.Environment["PATH"] = "/nowhere";
        cloud.Targets.Environment["AZURE_TOKEN_CREDENTIALS"] = "dev";

        var refused = await cloud.Targets.RunAsync("ShowFlow");

        var error = Assert.Single(refused.Lines("error FLOW"));
        Assert.Contains("error FLOW4011: No token for Azure could be got with FlowCredential=Default; sign in ('az login')", error, StringComparison.Ordinal);
        Assert.Contains("AzureCliCredential authentication failed: Azure CLI not installed; AzurePowerShellCredential", error, StringComparison.Ordinal);
        Assert.DoesNotContain("troubleshoot", error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", refused.Output, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Category", "Security")]
    public async Task A_token_that_the_workspace_refuses_is_a_coded_error()
    {
        await using var cloud = await LoopbackCloud.StartAsync(token: "token-of-another-tenant");
        cloud.UseSecret(TokenServer.Secret);

        var refused = await cloud.Targets.RunAsync("ShowFlow", "FlowCredential=Environment");

        var error = Assert.Single(refused.Lines("error FLOW"));
        Assert.Contains("error FLOW5001: InvalidAuthenticationToken: The access token is invalid", error, StringComparison.Ordinal);
        Assert.DoesNotContain("token-of-another-tenant", refused.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failure_in_Azure_comes_with_the_endpoint_s_page_in_the_studio()
    {
        await using var cloud = await LoopbackCloud.StartAsync();
        cloud.UseSecret(TokenServer.Secret);
        cloud.Chat.Replace("deployment.yml", "basic-chat-model@latest", "another-model:1");
        await cloud.Chat.PutResourceAsync("models/another-model/versions/1", """
            { "properties": { "modelType": "custom_model", "modelUri": "azureml://datastores/workspaceblobstore/paths/LocalUpload/0/flow" } }
            """);
        await cloud.Chat.SetFaultsAsync("""{ "operations": [ { "kind": "PutDeployment", "times": 100, "code": "ResourceNotReady", "message": "The probes gave up." } ] }""");

        var failed = await cloud.Targets.RunAsync("DeployFlow", "FlowCredential=Environment");

        Assert.Single(failed.Lines("error FLOW5002: Deployment basic-chat-endpoint/blue failed with ResourceNotReady: The probes gave up."));
        Assert.Single(failed.Lines(
            $"basic-chat-endpoint in the studio: https://ml.azure.com/endpoints/realtime/basic-chat-endpoint/detail?wsid=/subscriptions/{cloud.Chat.Host.SubscriptionId}/resourceGroups/local/providers/Microsoft.MachineLearningServices/workspaces/local"));
    }

    private static void AssertShown(CommandResult shown)
    {
        Assert.True(shown.ExitCode == 0, shown.Output);
        Assert.Single(shown.Lines("basic-chat-endpoint  Succeeded  Key"));
    }
}
