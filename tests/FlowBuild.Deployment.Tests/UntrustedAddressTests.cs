using System.Collections.Concurrent;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace FlowBuild.Deployment.Tests;

/// <summary>A workspace in Azure whose answers name a server of somebody else: no key and no token reaches it.</summary>
[Trait("Category", "Security")]
public sealed class UntrustedAddressTests : IAsyncLifetime
{
    private readonly ConcurrentQueue<string> _received = new();
    private readonly X509Certificate2 _certificate = LoopbackTls.CreateCertificate("foreign server");
    private WebApplication _foreign = null!;
    private LoopbackCloud _cloud = null!;

    public async ValueTask InitializeAsync()
    {
        _foreign = LoopbackTls.CreateBuilder(_certificate).Build();
        _foreign.Run(context =>
        {
            _received.Enqueue($"{context.Request.Method} {context.Request.Path} with {context.Request.Headers.Authorization}");
            context.Response.StatusCode = 404;
            return Task.CompletedTask;
        });
        await _foreign.StartAsync(TestContext.Current.CancellationToken);
        _cloud = await LoopbackCloud.StartAsync(trusted: _certificate, proxy: true);
        _cloud.UseSecret(TokenServer.Secret);
    }

    public async ValueTask DisposeAsync()
    {
        await _cloud.DisposeAsync();
        await _foreign.DisposeAsync();
        _certificate.Dispose();
    }

    [Theory]
    [InlineData("accountName", "HOST/", "a storage account's name has 3 to 24 lower-case letters and digits")]
    [InlineData("accountName", "flows@HOST/", "a storage account's name has 3 to 24 lower-case letters and digits")]
    [InlineData("endpoint", "HOST", "storage accounts of Loopback end with 'core.example.com'")]
    [InlineData("endpoint", "core.example.com@HOST", "storage accounts of Loopback end with 'core.example.com'")]
    [InlineData("endpoint", "core.windows.net", "storage accounts of Loopback end with 'core.example.com'")]
    public async Task A_datastore_that_names_another_host_gets_no_token(string member, string value, string says)
    {
        _cloud.Chat.Replace("basic-chat/chat.jinja2", "briefly", "at length");
        _cloud.Proxy!.Change("/datastores/workspaceblobstore", json =>
        {
            json["properties"]!["endpoint"] = "core.example.com";
            json["properties"]![member] = value.Replace("HOST", Host, StringComparison.Ordinal);
        });

        AssertRefused(await _cloud.Targets.RunAsync("DeployFlow", "FlowCredential=Environment"), "FLOW5035", says);
    }

    [Theory]
    [InlineData("AADToken", "https://HOST/score", "a Microsoft Entra token is sent to hosts that end with '.inference.ml.azure.com' only")]
    [InlineData("AADToken", "https://x.inference.ml.azure.com@HOST/score", "a Microsoft Entra token is sent to hosts that end with '.inference.ml.azure.com' only")]
    [InlineData("Key", "http://HOST/score", "it is not encrypted; only the local workspace answers with plain http")]
    public async Task A_scoring_URI_at_another_host_gets_no_key_and_no_token(string authMode, string scoringUri, string says)
    {
        ChangeEndpoint(authMode, scoringUri);

        AssertRefused(await _cloud.Targets.RunAsync("InvokeFlow", "FlowCredential=Environment"), "FLOW5036", says);
    }

    [Fact]
    public async Task A_token_is_not_handed_to_a_job_together_with_a_foreign_address()
    {
        ChangeEndpoint("AADToken", "https://HOST/score");
        var file = _cloud.Write("github-env", "");
        _cloud.Targets.Environment["GITHUB_ENV"] = file;

        AssertRefused(await _cloud.Targets.RunAsync("GetFlowCredentials", "FlowCredential=Environment", "FlowCredentialsFile=GITHUB_ENV"), "FLOW5036", "a Microsoft Entra token");

        Assert.Empty(await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_redirect_of_the_control_plane_is_not_followed()
    {
        _cloud.Proxy!.Answer = context =>
        {
            context.Response.Redirect($"https://{Host}/", permanent: false, preserveMethod: true);
            return Task.FromResult(true);
        };

        AssertRefused(await _cloud.Targets.RunAsync("ShowFlow", "FlowCredential=Environment"), "FLOW5001", "HTTP 307");
    }

    [Fact]
    public async Task A_link_to_the_next_page_at_another_host_is_not_followed()
    {
        _cloud.Proxy!.Change("/deployments", json => json["nextLink"] = $"https://{Host}/next");

        AssertRefused(await _cloud.Targets.RunAsync("ShowFlow", "FlowCredential=Environment"), "FLOW5010", Host);
    }

    [Theory]
    [InlineData("//HOST/identity")]
    [InlineData("https://HOST/identity")]
    [InlineData("@HOST/identity")]
    public async Task An_identity_s_id_in_a_file_that_is_an_address_gets_no_token(string id)
    {
        _cloud.Chat.Write("endpoint.yml", $"name: basic-chat-endpoint\nauth_mode: key\nidentity:\n  type: user_assigned\n  user_assigned_identities:\n  - resource_id: '{id.Replace("HOST", Host, StringComparison.Ordinal)}'\n");

        var run = await _cloud.Targets.RunAsync("PlanFlow", "FlowCredential=Environment");

        Assert.Empty(_received);
        Assert.DoesNotContain("FLOW5999", run.Output, StringComparison.Ordinal);
    }

    private string Host => new Uri(_foreign.Urls.Single()).Authority;

    private void ChangeEndpoint(string authMode, string scoringUri) => _cloud.Proxy!.Change("/onlineEndpoints/basic-chat-endpoint", json =>
    {
        json["properties"]!["authMode"] = authMode;
        json["properties"]!["scoringUri"] = scoringUri.Replace("HOST", Host, StringComparison.Ordinal);
    });

    private void AssertRefused(CommandResult run, string code, string says)
    {
        Assert.NotEqual(0, run.ExitCode);
        Assert.Contains(says, Assert.Single(run.Lines($"error {code}")), StringComparison.Ordinal);
        Assert.Empty(_received);
    }
}
