using System.Net;
using System.Text.Json.Nodes;
using Azure;
using Azure.Core;
using Azure.ResourceManager.Resources;

namespace FlowBuild.LocalWorkspace.Tests;

public sealed class OnlineEndpointTests
{
    [Fact]
    public async Task The_resource_manager_client_creates_reads_and_deletes_an_endpoint()
    {
        await using var workspace = await RunningWorkspace.StartAsync();
        var client = workspace.ArmClient();
        var id = new ResourceIdentifier($"{workspace.WorkspaceId}/onlineEndpoints/first-one");
        var data = new GenericResourceData(new AzureLocation("local"))
        {
            Properties = BinaryData.FromString("""{"authMode":"Key"}"""),
            Tags = { ["team"] = "search" },
        };

        var operation = await client.GetGenericResources().CreateOrUpdateAsync(WaitUntil.Started, id, data);
        Assert.Equal(201, operation.GetRawResponse().Status);
        while (!operation.HasCompleted)
        {
            await operation.UpdateStatusAsync();
        }

        var created = (await client.GetGenericResource(id).GetAsync()).Value.Data;
        Assert.Equal("Managed", created.Kind);
        Assert.Equal("search", created.Tags["team"]);
        var properties = created.Properties.ToObjectFromJson<JsonObject>()!;
        Assert.Equal("Succeeded", properties["provisioningState"]!.GetValue<string>());
        Assert.Equal(new Uri(workspace.Host.Scoring, "endpoints/first-one/score").ToString(), properties["scoringUri"]!.GetValue<string>());

        var deletion = await client.GetGenericResource(id).DeleteAsync(WaitUntil.Started);
        while (!deletion.HasCompleted)
        {
            await deletion.UpdateStatusAsync();
        }

        var gone = await Assert.ThrowsAsync<RequestFailedException>(() => client.GetGenericResource(id).GetAsync());
        Assert.Equal(404, gone.Status);
        Assert.Equal("ResourceNotFound", gone.ErrorCode);
    }

    [Fact]
    public async Task Creation_passes_through_Creating_and_an_operation_in_progress()
    {
        await using var workspace = await RunningWorkspace.StartAsync(TimeSpan.FromMinutes(10));

        var answer = await workspace.PutAsync("onlineEndpoints/slow-one", RunningWorkspace.Endpoint());

        Assert.Equal(HttpStatusCode.Created, answer.Status);
        Assert.Equal("Creating", answer.Body!["properties"]!["provisioningState"]!.GetValue<string>());
        var uri = answer.Header("Azure-AsyncOperation")!;
        Assert.Equal(uri, answer.Body["properties"]!["properties"]!["AzureAsyncOperationUri"]!.GetValue<string>());
        var status = await workspace.SendAsync(HttpMethod.Get, uri, null, "");
        Assert.Equal("InProgress", status.Body!["status"]!.GetValue<string>());
        Assert.Equal("Creating", (await workspace.GetAsync("onlineEndpoints/slow-one")).Body!["properties"]!["provisioningState"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_second_change_is_refused_while_the_first_one_runs()
    {
        await using var workspace = await RunningWorkspace.StartAsync(TimeSpan.FromMinutes(10));
        await workspace.PutAsync("onlineEndpoints/busy-one", RunningWorkspace.Endpoint());

        var second = await workspace.PutAsync("onlineEndpoints/busy-one", RunningWorkspace.Endpoint());

        Assert.Equal(HttpStatusCode.Conflict, second.Status);
        Assert.Equal("Conflict", second.DeepestCode);
    }

    [Theory]
    [InlineData("PUT", "onlineEndpoints/busy-one")]
    [InlineData("PATCH", "onlineEndpoints/busy-one")]
    [InlineData("DELETE", "onlineEndpoints/busy-one")]
    [InlineData("POST", "onlineEndpoints/busy-one/regenerateKeys")]
    [InlineData("PUT", "onlineEndpoints/busy-one/deployments/blue")]
    [InlineData("PUT", "onlineEndpoints/busy-one/deployments/green")]
    [InlineData("PATCH", "onlineEndpoints/busy-one/deployments/blue")]
    [InlineData("DELETE", "onlineEndpoints/busy-one/deployments/blue")]
    public async Task No_change_of_an_endpoint_is_taken_while_one_of_its_deployments_changes(string method, string path)
    {
        await using var workspace = await RunningWorkspace.StartAsync();
        var model = await workspace.RegisterFlowAsync("m", "1", "chat-flow", ("flow.dag.yaml", Flows.Chat));
        await workspace.PutAndSettleAsync("onlineEndpoints/busy-one", RunningWorkspace.Endpoint());
        await workspace.RestartAsync(TimeSpan.FromMinutes(10));
        await workspace.PutAsync("onlineEndpoints/busy-one/deployments/blue", RunningWorkspace.Deployment(model));
        JsonNode? body = method switch
        {
            "PUT" => path.Contains("deployments", StringComparison.Ordinal) ? RunningWorkspace.Deployment(model) : RunningWorkspace.Endpoint(),
            "PATCH" => JsonNode.Parse("""{"tags":{"a":"b"}}"""),
            "POST" => JsonNode.Parse("""{"keyType":"Primary"}"""),
            _ => null,
        };

        var answer = await workspace.SendAsync(new HttpMethod(method), path, body);

        Assert.Equal((HttpStatusCode.Conflict, "Conflict"), (answer.Status, answer.DeepestCode));
    }

    [Fact]
    public async Task The_name_of_an_endpoint_is_taken_until_it_is_deleted()
    {
        await using var workspace = await RunningWorkspace.StartAsync();
        await workspace.PutAndSettleAsync("onlineEndpoints/going", RunningWorkspace.Endpoint());
        await workspace.RestartAsync(TimeSpan.FromMinutes(10));
        var accepted = await workspace.SendAsync(HttpMethod.Delete, "onlineEndpoints/going");
        Assert.Equal(HttpStatusCode.Accepted, accepted.Status);

        var early = await workspace.PutAsync("onlineEndpoints/going", RunningWorkspace.Endpoint());

        Assert.Equal((HttpStatusCode.BadRequest, "EndpointAlreadyExists"), (early.Status, early.DeepestCode));
        Assert.Equal("Deleting", (await workspace.GetAsync("onlineEndpoints/going")).Body!["properties"]!["provisioningState"]!.GetValue<string>());
        await workspace.RestartAsync();
        Assert.Equal("Deleted", await workspace.SettleAsync("onlineEndpoints/going"));
        Assert.Equal(HttpStatusCode.Created, (await workspace.PutAsync("onlineEndpoints/going", RunningWorkspace.Endpoint())).Status);
    }

    [Fact]
    public async Task Read_only_members_are_ignored_and_keys_are_never_given_back()
    {
        await using var workspace = await RunningWorkspace.StartAsync();
        var body = RunningWorkspace.Endpoint();
        body["id"] = "/other";
        body["name"] = "other";
        body["kind"] = "Other";
        body["systemData"] = new JsonObject { ["createdBy"] = "somebody" };
        body["properties"]!["provisioningState"] = "Failed";
        body["properties"]!["scoringUri"] = "https://evil.example/score";
        body["properties"]!["keys"] = new JsonObject { ["primaryKey"] = "given-primary-key", ["secondaryKey"] = "given-secondary-key" };

        Assert.Equal("Succeeded", await workspace.PutAndSettleAsync("onlineEndpoints/read-only", body));

        var read = (await workspace.GetAsync("onlineEndpoints/read-only")).Body!;
        Assert.Equal($"{workspace.WorkspaceId}/onlineEndpoints/read-only", read["id"]!.GetValue<string>());
        Assert.Equal(("read-only", "Managed"), (read["name"]!.GetValue<string>(), read["kind"]!.GetValue<string>()));
        Assert.NotNull(read["identity"]!["principalId"]);
        var text = read.ToJsonString();
        Assert.All((string[])["evil.example", "somebody", "given-"], word => Assert.DoesNotContain(word, text, StringComparison.Ordinal));
        Assert.Equal("given-primary-key", (await workspace.PostAsync("onlineEndpoints/read-only/listKeys")).Body!["primaryKey"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_restart_takes_up_what_was_in_progress()
    {
        await using var workspace = await RunningWorkspace.StartAsync(TimeSpan.FromMinutes(10));
        var accepted = await workspace.PutAsync("onlineEndpoints/left-over", RunningWorkspace.Endpoint());

        await workspace.RestartAsync();

        Assert.Equal("Succeeded", await workspace.SettleAsync("onlineEndpoints/left-over"));
        var status = await workspace.SendAsync(HttpMethod.Get, accepted.Header("Azure-AsyncOperation")!, null, "");
        Assert.Contains(status.Body!["status"]!.GetValue<string>(), (string[])["InProgress", "Succeeded"]);
    }

    [Theory]
    [InlineData("ab")]
    [InlineData("1st-one")]
    [InlineData("two--hyphens")]
    [InlineData("ends-with-")]
    [InlineData("under_score")]
    [InlineData("longer-than-thirty-two-characters")]
    public async Task A_name_that_the_service_refuses_is_refused(string name)
    {
        await using var workspace = await RunningWorkspace.StartAsync();

        var answer = await workspace.PutAsync($"onlineEndpoints/{name}", RunningWorkspace.Endpoint());

        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Equal("BadRequest", answer.Body!["error"]!["code"]!.GetValue<string>());
        Assert.Contains(name, answer.DeepestMessage, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"properties":{"authMode":"Key"}}""", "LocationRequired")]
    [InlineData("""{"location":"local"}""", "InvalidArgument")]
    [InlineData("""{"location":"local","properties":{"authMode":"keys"}}""", "InvalidArgument")]
    [InlineData("""{"location":"local","properties":{"authMode":"Key","traffic":{"blue":60}}}""", "InvalidTraffic")]
    [InlineData("""{"location":"local","properties":{"authMode":"Key","traffic":{"blue":-1}}}""", "InvalidTraffic")]
    [InlineData("""{"location":"local","properties":{"authMode":"Key","traffic":{"blue":100}}}""", "DeploymentNotFound")]
    [InlineData("""{"location":"local","properties":{"authMode":"Key","publicNetworkAccess":"On"}}""", "InvalidArgument")]
    [InlineData("""{"location":"local","properties":{"authMode":"Key","auth_mode":"key"}}""", "InvalidArgument")]
    [InlineData("""{"location":"local","identity":{"type":"UserAssigned"},"properties":{"authMode":"Key"}}""", "InvalidArgument")]
    public async Task A_body_that_the_service_refuses_is_refused(string body, string code)
    {
        await using var workspace = await RunningWorkspace.StartAsync();

        var answer = await workspace.PutAsync("onlineEndpoints/my-endpoint", JsonNode.Parse(body)!);

        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Equal(code, answer.DeepestCode);
        Assert.Equal(HttpStatusCode.NotFound, (await workspace.GetAsync("onlineEndpoints/my-endpoint")).Status);
    }

    [Fact]
    public async Task Keys_are_listed_regenerated_and_kept_over_a_restart()
    {
        await using var workspace = await RunningWorkspace.StartAsync();
        await workspace.PutAndSettleAsync("onlineEndpoints/keyed", RunningWorkspace.Endpoint());
        var before = (await workspace.PostAsync("onlineEndpoints/keyed/listKeys")).Body!;

        var accepted = await workspace.PostAsync("onlineEndpoints/keyed/regenerateKeys", new JsonObject { ["keyType"] = "Secondary", ["keyValue"] = "chosen" });
        Assert.Equal(HttpStatusCode.Accepted, accepted.Status);
        ArmAnswer poll;
        do
        {
            poll = await workspace.SendAsync(HttpMethod.Get, accepted.Headers.Location!.ToString(), null, "");
        }
        while (poll.Status == HttpStatusCode.Accepted);

        await workspace.RestartAsync();
        var after = (await workspace.PostAsync("onlineEndpoints/keyed/listKeys")).Body!;
        Assert.Equal(before["primaryKey"]!.GetValue<string>(), after["primaryKey"]!.GetValue<string>());
        Assert.Equal("chosen", after["secondaryKey"]!.GetValue<string>());
    }

    [Fact]
    public async Task An_update_keeps_properties_and_refuses_to_alter_them()
    {
        await using var workspace = await RunningWorkspace.StartAsync();
        var body = RunningWorkspace.Endpoint();
        body["properties"]!["properties"] = new JsonObject { ["enforce_access_to_default_secret_stores"] = "enabled" };
        await workspace.PutAndSettleAsync("onlineEndpoints/kept", body);

        await workspace.PutAndSettleAsync("onlineEndpoints/kept", RunningWorkspace.Endpoint());
        var kept = (await workspace.GetAsync("onlineEndpoints/kept")).Body!["properties"]!["properties"]!;
        Assert.Equal("enabled", kept["enforce_access_to_default_secret_stores"]!.GetValue<string>());

        body["properties"]!["properties"]!["enforce_access_to_default_secret_stores"] = "disabled";
        Assert.Equal(HttpStatusCode.BadRequest, (await workspace.PutAsync("onlineEndpoints/kept", body)).Status);
    }

    [Fact]
    public async Task Lists_come_in_pages_with_a_next_link()
    {
        await using var workspace = await RunningWorkspace.StartAsync();
        foreach (var name in (string[])["one-a", "one-b", "one-c"])
        {
            await workspace.PutAndSettleAsync($"onlineEndpoints/{name}", RunningWorkspace.Endpoint());
        }

        var names = new List<string>();
        var page = await workspace.GetAsync("onlineEndpoints?count=2&orderBy=CreatedAtAsc");
        while (true)
        {
            names.AddRange(page.Body!["value"]!.AsArray().Select(static e => e!["name"]!.GetValue<string>()));
            if (page.Body["nextLink"] is not { } next)
            {
                break;
            }

            page = await workspace.SendAsync(HttpMethod.Get, next.GetValue<string>(), null, "");
        }

        Assert.Equal(["one-a", "one-b", "one-c"], names);
    }
}
