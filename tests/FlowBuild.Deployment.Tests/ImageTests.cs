namespace FlowBuild.Deployment.Tests;

/// <summary>Whether the image of a new environment exists is asked of its registry before anything is sent.</summary>
public sealed class ImageTests
{
    [Fact]
    public async Task An_image_that_is_there_is_found_with_an_anonymous_token()
    {
        await using var registry = await RegistryServer.StartAsync();
        await using var cloud = await StartAsync(registry, RegistryServer.Image);

        var planned = await PlanAsync(cloud);

        Assert.True(planned.ExitCode == 0, planned.Output);
        Assert.Empty(planned.Lines("cannot be checked"));
        Assert.Equal(
            [
                "HEAD flows/basic-chat/manifests/1 with nothing", $"token for repository:flows/basic-chat:pull of {registry.Host} with nothing",
                $"HEAD flows/basic-chat/manifests/1 with Bearer {RegistryServer.PullToken}",
            ],
            registry.Asked);
        Assert.DoesNotContain(RegistryServer.PullToken, planned.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("flows/basic-chat:2", "flows/basic-chat:2")]
    [InlineData("flows/other", "flows/other:latest")]
    [InlineData("flows/basic-chat@sha256:0000000000000000000000000000000000000000000000000000000000000000", "flows/basic-chat@sha256:0000000000000000000000000000000000000000000000000000000000000000")]
    public async Task An_image_that_is_not_there_is_an_error_at_its_place(string image, string says)
    {
        await using var registry = await RegistryServer.StartAsync();
        await using var cloud = await StartAsync(registry, image);

        var refused = await PlanAsync(cloud, "DeployFlow");

        Assert.NotEqual(0, refused.ExitCode);
        var error = Assert.Single(refused.Lines("error "));
        Assert.Contains("deployment.yml(5,10,", error, StringComparison.Ordinal);
        Assert.Contains("error FLOW5024: The image '" + says + $"' is not in the registry '{registry.Host}' (MANIFEST_UNKNOWN); push it there, or correct its name", error, StringComparison.Ordinal);
        Assert.Null(await cloud.Chat.GetResourceAsync("environments/basic-chat-endpoint-environment/versions/2"));
    }

    [Theory]
    [InlineData(RegistryServer.Image, 0)]
    [InlineData("flows/basic-chat:2", 1)]
    public async Task A_registry_of_Azure_gives_its_token_in_exchange_for_the_one_of_who_is_signed_in(string image, int exitCode)
    {
        await using var registry = await RegistryServer.StartAsync();
        await using var cloud = await StartAsync(registry, image, isAzure: true);
        registry.Identity = cloud.Chat.Host.Token;
        await PutRegistryAsync(cloud, registry);

        var planned = await PlanAsync(cloud);

        Assert.Equal(exitCode, planned.ExitCode);
        Assert.Equal(exitCode, planned.Lines("error FLOW5024").Count);
        Assert.Contains($"exchange of access_token for {registry.Host}", registry.Asked);
        Assert.Contains("refresh_token for repository:flows/basic-chat:pull", registry.Asked);
        foreach (var secret in (string[])[cloud.Chat.Host.Token, RegistryServer.RefreshToken, RegistryServer.PullToken])
        {
            Assert.DoesNotContain(secret, planned.Output, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Trait("Category", "Security")]
    public async Task A_registry_outside_Azure_or_outside_the_subscription_is_not_told_who_is_signed_in(bool isAzure)
    {
        await using var registry = await RegistryServer.StartAsync();
        await using var cloud = await StartAsync(registry, RegistryServer.Image, isAzure);
        registry.Identity = cloud.Chat.Host.Token;

        AssertUnchecked(await PlanAsync(cloud), $"{registry.Host}: HTTP 401");

        Assert.DoesNotContain(registry.Asked, static a => a.StartsWith("exchange", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_registry_that_lets_nobody_in_is_unchecked()
    {
        await using var registry = await RegistryServer.StartAsync();
        await using var cloud = await StartAsync(registry, RegistryServer.Image, isAzure: true);
        registry.IsClosed = true;
        await PutRegistryAsync(cloud, registry);

        AssertUnchecked(await PlanAsync(cloud), $"{registry.Host}: HTTP 401");
    }

    [Fact]
    public async Task A_web_site_that_is_no_registry_is_unchecked()
    {
        await using var registry = await RegistryServer.StartAsync();
        await using var cloud = await StartAsync(registry, RegistryServer.Image);
        registry.IsWebSite = true;

        AssertUnchecked(await PlanAsync(cloud), $"{registry.Host}: HTTP 404");
    }

    [Theory]
    [InlineData("{ \"token\": \"one\\r\\nX-Other: two\" }")]
    [InlineData("{ \"token\": \"one\", \"token\": \"two\" }")]
    [Trait("Category", "Security")]
    public async Task A_registry_that_gives_no_usable_token_is_unchecked(string answer)
    {
        await using var registry = await RegistryServer.StartAsync();
        await using var cloud = await StartAsync(registry, RegistryServer.Image);
        registry.TokenAnswer = answer;

        AssertUnchecked(await PlanAsync(cloud), $"{registry.Host}: its answer cannot be read");
    }

    [Fact]
    [Trait("Category", "Security")]
    public async Task No_registry_is_asked_where_the_check_is_turned_off()
    {
        await using var registry = await RegistryServer.StartAsync();
        await using var cloud = await StartAsync(registry, "flows/other");

        var planned = await cloud.Targets.RunAsync("PlanFlow", "FlowCredential=Environment", "FlowCheckImage=false");

        Assert.True(planned.ExitCode == 0, planned.Output);
        Assert.Empty(registry.Asked);
    }

    [Theory]
    [Trait("Category", "Security")]
    [InlineData("127.0.0.1\u2100.azurecr.io/flows/chat:1")]
    [InlineData("127.0.0.1%2f.azurecr.io/flows/chat:1")]
    [InlineData("127.0.0.1#.azurecr.io/flows/chat:1")]
    [InlineData("user:word@127.0.0.1/flows/chat:1")]
    public async Task A_name_that_could_lead_elsewhere_is_not_followed(string image)
    {
        await using var cloud = await LoopbackCloud.StartAsync(registries: ".azurecr.io");
        cloud.UseSecret(TokenServer.Secret);
        cloud.Chat.Replace("deployment.yml", "example.azurecr.io/flows/basic-chat:1", $"'{image}'");

        var planned = await PlanAsync(cloud);

        Assert.EndsWith("cannot be checked (its name has another form than registry/repository:tag)", Assert.Single(planned.Lines("note: whether the image '")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("127.0.0.1:1")]
    [InlineData("127.0.0.1:443")]
    public async Task A_registry_that_cannot_be_reached_is_unchecked(string registry)
    {
        await using var cloud = await LoopbackCloud.StartAsync();
        cloud.UseSecret(TokenServer.Secret);
        cloud.Chat.Replace("deployment.yml", "example.azurecr.io/flows/basic-chat:1", $"{registry}/flows/basic-chat:1");

        AssertUnchecked(await PlanAsync(cloud), $"{registry}: Connection refused");
    }

    [Fact]
    public async Task An_environment_that_is_registered_already_is_not_looked_at_again()
    {
        await using var cloud = await LoopbackCloud.StartAsync();
        cloud.UseSecret(TokenServer.Secret);

        var planned = await PlanAsync(cloud);

        Assert.Single(planned.Lines("BasicChat -> Plan: no changes"));
        Assert.Empty(planned.Lines("cannot be checked"));
    }

    private static async Task<LoopbackCloud> StartAsync(RegistryServer registry, string image, bool isAzure = false)
    {
        var suffix = registry.Host[registry.Host.IndexOf('.', StringComparison.Ordinal)..];
        var cloud = await LoopbackCloud.StartAsync(registries: isAzure ? suffix : "", trusted: registry.Certificate);
        cloud.UseSecret(TokenServer.Secret);
        cloud.Chat.Replace("deployment.yml", "example.azurecr.io/flows/basic-chat:1", $"{registry.Host}/{image}");
        return cloud;
    }

    private static Task PutRegistryAsync(LoopbackCloud cloud, RegistryServer registry) => cloud.Chat.PutAsync(
        $"subscriptions/{cloud.Chat.Host.SubscriptionId}/resourceGroups/local/providers/Microsoft.ContainerRegistry/registries/example?api-version=2023-07-01",
        $$"""{ "location": "local", "sku": { "name": "Basic" }, "properties": { "loginServer": "{{registry.Host}}" } }""");

    private static Task<CommandResult> PlanAsync(LoopbackCloud cloud, string target = "PlanFlow") => cloud.Targets.RunAsync(target, "FlowCredential=Environment");

    private static void AssertUnchecked(CommandResult planned, string reason)
    {
        Assert.True(planned.ExitCode == 0, planned.Output);
        Assert.EndsWith($"exists cannot be checked ({reason})", Assert.Single(planned.Lines("note: whether the image '")), StringComparison.Ordinal);
    }
}
