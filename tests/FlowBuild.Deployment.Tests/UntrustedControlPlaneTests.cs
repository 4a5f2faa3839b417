using System.Text;
using System.Text.Json.Nodes;
using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Deployment.Workspace;
using Microsoft.AspNetCore.Http;

namespace FlowBuild.Deployment.Tests;

/// <summary>What a control plane answers is bounded, and whatever it is, it ends in a coded error.</summary>
[Trait("Category", "Security")]
public sealed class UntrustedControlPlaneTests : IAsyncLifetime
{
    private BasicChat _chat = null!;
    private TamperingProxy _proxy = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _chat = await BasicChat.StartAsync(patience: BasicChat.Impatience with { WholeAnswer = TimeSpan.FromMilliseconds(300) });
        _proxy = await TamperingProxy.StartAsync(_chat);
    }

    public async ValueTask DisposeAsync()
    {
        await _proxy.DisposeAsync();
        await _chat.DisposeAsync();
    }

    [Fact]
    public async Task A_workspace_that_changes_nothing_takes_a_deployment_through_the_proxy()
    {
        var (_, deployed) = await _chat.DeployAsync();

        Assert.Equal(100, deployed.TrafficPercent);
    }

    [Theory]
    [InlineData("again", "leads to a page that was read before")]
    [InlineData("cycle", "leads to a page that was read before")]
    [InlineData("onward", "it has more than 1000 pages")]
    [InlineData("relative", "its link 'page two' is not an absolute address")]
    [InlineData("number", "its link '' is not an absolute address")]
    public async Task A_list_whose_pages_do_not_end_is_an_error(string link, string says)
    {
        var workspace = await _chat.OpenWorkspaceAsync();
        var page = 0;
        _proxy.Answer = async context =>
        {
            if (!context.Request.Path.Value!.EndsWith("/connections", StringComparison.Ordinal))
            {
                return false;
            }

            page++;
            var address = $"{_proxy.Address}{context.Request.Path.Value[1..]}?page=";
            await context.Response.WriteAsJsonAsync(
                new JsonObject
                {
                    ["value"] = new JsonArray(),
                    ["nextLink"] = link switch
                    {
                        "again" => $"{address}1", "cycle" => $"{address}{page % 2}", "onward" => $"{address}{page}", "relative" => "page two", _ => 2,
                    },
                },
                Token);
            return true;
        };

        var refused = await Assert.ThrowsAsync<FlowDeploymentException>(() => workspace.GetConnectionNamesAsync(Token));

        Assert.Equal(WorkspaceRules.ResponseUnusable, refused.Diagnostic.Rule);
        Assert.Contains(says, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_without_end_is_cut_at_64_MB()
    {
        var workspace = await _chat.OpenWorkspaceAsync();
        _proxy.Answer = context => SendAsync(context, new string(' ', 1024 * 1024), TimeSpan.Zero);

        var refused = await Assert.ThrowsAsync<FlowDeploymentException>(() => workspace.GetEndpointAsync("basic-chat-endpoint", Token));

        Assert.Equal(WorkspaceRules.ResponseUnusable, refused.Diagnostic.Rule);
    }

    [Fact]
    public async Task An_answer_that_comes_byte_by_byte_ends_when_its_time_is_up()
    {
        var workspace = await _chat.OpenWorkspaceAsync();
        _proxy.Answer = static context => SendAsync(context, " ", TimeSpan.FromMilliseconds(20));

        var refused = await Assert.ThrowsAsync<FlowDeploymentException>(() => workspace.GetEndpointAsync("basic-chat-endpoint", Token));

        Assert.Equal(WorkspaceRules.ResponseUnusable, refused.Diagnostic.Rule);
        Assert.Contains("(GET onlineEndpoints/basic-chat-endpoint) cannot be used: it did not end within", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wait_of_years_before_the_next_try_is_not_waited()
    {
        var workspace = await _chat.OpenWorkspaceAsync();
        _proxy.Answer = static context =>
        {
            context.Response.StatusCode = 429;
            context.Response.Headers.RetryAfter = "99999999";
            return Task.FromResult(true);
        };

        var refused = await Assert.ThrowsAsync<FlowDeploymentException>(() => workspace.GetEndpointAsync("basic-chat-endpoint", Token));

        Assert.Equal(WorkspaceRules.RequestFailed, refused.Diagnostic.Rule);
    }

    [Theory]
    [InlineData("not an address")]
    [InlineData("https://")]
    [InlineData("http://[")]
    [InlineData("https://foreign.example.com/operation")]
    [InlineData("file:///etc/passwd")]
    public async Task A_link_to_an_operation_that_cannot_be_followed_is_an_error(string link)
    {
        _proxy.RewriteHeaders = context =>
        {
            if (context.Response.Headers.ContainsKey("Azure-AsyncOperation"))
            {
                context.Response.Headers["Azure-AsyncOperation"] = link;
            }
        };

        var refused = await Assert.ThrowsAsync<FlowDeploymentException>(() => _chat.DeployAsync());

        Assert.Contains(refused.Diagnostic.Rule, (DiagnosticRule[])[WorkspaceRules.ResponseUnusable, WorkspaceRules.ForeignAddress]);
    }

    [Theory]
    [InlineData("//foreign.example.com/identity")]
    [InlineData("https://foreign.example.com/identity")]
    [InlineData("http://[")]
    public async Task An_id_in_a_file_that_is_an_address_gets_no_token(string id)
    {
        _chat.Write("endpoint.yml", $"name: basic-chat-endpoint\nauth_mode: key\nidentity:\n  type: user_assigned\n  user_assigned_identities:\n  - resource_id: '{id}'\n");

        var log = new RecordingLog();
        var refused = await Record.ExceptionAsync(() => _chat.Deployer(log).PlanAsync(writes: false, Token));

        Assert.True(refused is FlowDeploymentException || log.Diagnostics.Count > 0, refused?.ToString() ?? log.Text);
        Assert.DoesNotContain("foreign.example.com:443", $"{refused}", StringComparison.Ordinal);
        if (refused is FlowDeploymentException coded)
        {
            Assert.Equal(WorkspaceRules.ForeignAddress, coded.Diagnostic.Rule);
        }
    }

    [Theory]
    [InlineData("PUT")]
    [InlineData("GET")]
    public async Task A_storage_account_that_answers_nonsense_is_a_coded_error(string method)
    {
        _proxy.Answer = async context =>
        {
            if (!context.Request.Path.StartsWithSegments("/flowbuildlocal", StringComparison.Ordinal) || context.Request.Method != method)
            {
                return false;
            }

            context.Response.StatusCode = method == "PUT" ? 201 : 200;
            context.Response.ContentType = "application/xml";
            context.Response.Headers.ETag = "\"1\"";
            context.Response.Headers.LastModified = "yesterday";
            await context.Response.WriteAsync("<EnumerationResults><Blobs><Blob><Properties><Content-Length>many", Token);
            return true;
        };

        var refused = await Assert.ThrowsAsync<FlowDeploymentException>(() => _chat.DeployAsync());

        Assert.Equal(WorkspaceRules.ResponseUnusable, refused.Diagnostic.Rule);
    }

    [Theory]
    [InlineData("not base64")]
    [InlineData("")]
    [InlineData(null)]
    public async Task A_secret_of_a_datastore_that_is_none_is_a_coded_error_that_does_not_repeat_it(string? secret)
    {
        await _chat.SetFaultsAsync("""{ "deniedActions": [ "Microsoft.Storage/*" ] }""");
        _proxy.Change("/listSecrets", json => json["key"] = secret);

        var refused = await Assert.ThrowsAsync<FlowDeploymentException>(() => _chat.DeployAsync());

        Assert.NotEqual(WorkspaceRules.Unexpected, refused.Diagnostic.Rule);
        Assert.DoesNotContain("not base64", refused.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("accountName", "127.0.0.1:1/")]
    [InlineData("accountName", "//foreign.example.com")]
    [InlineData("accountName", "foreign.example.com#")]
    [InlineData("accountName", "")]
    [InlineData("accountName", "UPPER")]
    [InlineData("containerName", "../other")]
    [InlineData("containerName", "a?b")]
    [InlineData("containerName", "https://foreign.example.com/")]
    public async Task A_datastore_leads_to_no_other_place_than_an_account_and_a_container(string member, string value)
    {
        _proxy.Change("/datastores/workspaceblobstore", json => json["properties"]![member] = value);

        var refused = await Assert.ThrowsAsync<FlowDeploymentException>(() => _chat.DeployAsync());

        Assert.Equal(WorkspaceRules.DatastoreRefused, refused.Diagnostic.Rule);
    }

    [Theory]
    [InlineData("https://foreign.example.com/score")]
    [InlineData("http://192.0.2.1/score")]
    [InlineData("file:///score")]
    public async Task The_key_of_the_local_workspace_stays_on_this_machine(string scoringUri)
    {
        await _chat.DeployAsync();
        _proxy.Change("/onlineEndpoints/basic-chat-endpoint", json => json["properties"]!["scoringUri"] = scoringUri);

        var refused = await Assert.ThrowsAsync<FlowDeploymentException>(() => _chat.Deployer(new RecordingLog()).InvokeAsync(null, Token));

        Assert.Equal(WorkspaceRules.ScoringUriRefused, refused.Diagnostic.Rule);
    }

    [Theory]
    [InlineData("key\r\nX-Other: 1")]
    [InlineData("k\u00e9y")]
    [InlineData("two words")]
    [InlineData("")]
    public async Task A_key_that_no_header_holds_is_a_coded_error_that_does_not_repeat_it(string key)
    {
        await _chat.DeployAsync();
        _proxy.Change("/listKeys", json => json["primaryKey"] = key);

        var refused = await Assert.ThrowsAsync<FlowDeploymentException>(() => _chat.Deployer(new RecordingLog()).InvokeAsync(null, Token));

        Assert.Equal(WorkspaceRules.CredentialUnusable, refused.Diagnostic.Rule);
        Assert.True(key.Length == 0 || !refused.ToString().Contains(key, StringComparison.Ordinal));
    }

    private static async Task<bool> SendAsync(HttpContext context, string piece, TimeSpan pause)
    {
        if (!context.Request.Path.Value!.EndsWith("/onlineEndpoints/basic-chat-endpoint", StringComparison.Ordinal))
        {
            return false;
        }

        var bytes = Encoding.ASCII.GetBytes(piece);
        context.Response.ContentType = "application/json";
        while (!context.RequestAborted.IsCancellationRequested)
        {
            await context.Response.Body.WriteAsync(bytes, context.RequestAborted);
            await Task.Delay(pause, context.RequestAborted);
        }

        return true;
    }
}
