using System.Net;
using System.Text.Json.Nodes;

namespace FlowBuild.LocalWorkspace.Tests;

public sealed class AssetTests
{
    [Fact]
    public async Task A_container_comes_with_its_first_version_and_tells_the_next_one()
    {
        await using var workspace = await RunningWorkspace.StartAsync();
        Assert.Equal(HttpStatusCode.NotFound, (await workspace.GetAsync("models/my-model")).Status);

        foreach (var version in (string[])["1", "9", "nine"])
        {
            Assert.Equal(HttpStatusCode.Created, (await workspace.PutAsync($"models/my-model/versions/{version}", Model("a"))).Status);
        }

        var container = (await workspace.GetAsync("models/my-model")).Body!["properties"]!;
        Assert.Equal("nine", container["latestVersion"]!.GetValue<string>());
        Assert.Equal("10", container["nextVersion"]!.GetValue<string>());
        var versions = (await workspace.GetAsync("models/my-model/versions")).Body!["value"]!.AsArray();
        Assert.Equal(["nine", "9", "1"], versions.Select(static v => v!["name"]!.GetValue<string>()));
    }

    [Theory]
    [InlineData("", "1")]
    [InlineData("?listViewType=ArchivedOnly", "2")]
    [InlineData("?listViewType=All", "2 1")]
    [InlineData("?version=1", "1")]
    public async Task Versions_are_listed_as_the_query_asks(string query, string expected)
    {
        await using var workspace = await RunningWorkspace.StartAsync();
        await workspace.PutAsync("models/my-model/versions/1", Model("a"));
        var archived = Model("b");
        archived["properties"]!["isArchived"] = true;
        await workspace.PutAsync("models/my-model/versions/2", archived);

        var versions = (await workspace.GetAsync("models/my-model/versions" + query)).Body!["value"]!.AsArray();

        Assert.Equal(expected, string.Join(' ', versions.Select(static v => v!["name"]!.GetValue<string>())));
    }

    [Fact]
    public async Task The_path_of_a_model_version_cannot_change_and_its_tags_can()
    {
        await using var workspace = await RunningWorkspace.StartAsync();
        await workspace.PutAsync("models/my-model/versions/1", Model("a"));

        var refused = await workspace.PutAsync("models/my-model/versions/1", Model("b"));
        Assert.Equal(HttpStatusCode.BadRequest, refused.Status);
        Assert.Equal("UserError", refused.DeepestCode);
        Assert.Equal("Asset paths cannot be updated.", refused.DeepestMessage);

        var tagged = Model("a");
        tagged["properties"]!["tags"] = new JsonObject { ["commit"] = "abc" };
        Assert.Equal(HttpStatusCode.OK, (await workspace.PutAsync("models/my-model/versions/1", tagged)).Status);
        var stored = (await workspace.GetAsync("models/my-model/versions/1")).Body!["properties"]!;
        Assert.Equal("abc", stored["tags"]!["commit"]!.GetValue<string>());
    }

    [Fact]
    public async Task The_image_of_an_environment_version_cannot_change()
    {
        await using var workspace = await RunningWorkspace.StartAsync();
        Assert.Equal(HttpStatusCode.Created, (await workspace.PutAsync("environments/my-env/versions/1", Image("a:1"))).Status);

        Assert.Equal(HttpStatusCode.BadRequest, (await workspace.PutAsync("environments/my-env/versions/1", Image("b:1"))).Status);

        static JsonObject Image(string image) => new() { ["properties"] = new JsonObject { ["image"] = image } };
    }

    [Theory]
    [InlineData("environments/my-env/versions/1", """{"properties":{}}""")]
    [InlineData("environments/my-env/versions/1", """{"properties":{"image":"a","condaFile":null}}""")]
    [InlineData("environments/my-env/versions/1", """{"properties":{"image":"a","inferenceConfig":{"scoringRoute":{"path":"/","port":8080}}}}""")]
    [InlineData("models/my-model/versions/1", """{"properties":{"modelType":"custom_model"}}""")]
    [InlineData("codes/my-code/versions/1", """{"properties":{}}""")]
    public async Task A_version_that_the_service_refuses_is_refused(string path, string body)
    {
        await using var workspace = await RunningWorkspace.StartAsync();

        Assert.Equal(HttpStatusCode.BadRequest, (await workspace.PutAsync(path, JsonNode.Parse(body)!)).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await workspace.GetAsync(path)).Status);
    }

    [Fact]
    public async Task What_was_acknowledged_is_there_after_a_restart()
    {
        await using var workspace = await RunningWorkspace.StartAsync();
        await workspace.PutAsync("models/my-model/versions/1", Model("a"));
        await workspace.Blobs().GetBlobClient("folder/file.txt").UploadAsync(BinaryData.FromString("kept"));

        await workspace.RestartAsync();

        Assert.Equal(HttpStatusCode.OK, (await workspace.GetAsync("models/my-model/versions/1")).Status);
        var content = await workspace.Blobs().GetBlobClient("folder/file.txt").DownloadContentAsync();
        Assert.Equal("kept", content.Value.Content.ToString());
    }

    [Fact]
    public async Task Code_is_found_by_its_hash_whatever_its_name()
    {
        await using var workspace = await RunningWorkspace.StartAsync();
        var code = new JsonObject
        {
            ["properties"] = new JsonObject
            {
                ["codeUri"] = "https://account.blob.core.windows.net/container/folder",
                ["properties"] = new JsonObject { ["hash_sha256"] = "abc", ["hash_version"] = "202208" },
            },
        };
        await workspace.PutAsync("codes/one-name/versions/1", code);

        Assert.Single((await workspace.GetAsync("codes/another/versions?hash=abc&hashVersion=202208")).Body!["value"]!.AsArray());
        Assert.Empty((await workspace.GetAsync("codes/another/versions?hash=abd&hashVersion=202208")).Body!["value"]!.AsArray());
    }

    private static JsonObject Model(string path) => new()
    {
        ["properties"] = new JsonObject { ["modelUri"] = $"azureml://datastores/workspaceblobstore/paths/{path}", ["modelType"] = "custom_model" },
    };
}
