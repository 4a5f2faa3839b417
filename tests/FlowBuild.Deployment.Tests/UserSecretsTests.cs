using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Deployment.Apply;

namespace FlowBuild.Deployment.Tests;

public sealed class UserSecretsTests
{
    private static readonly Uri Local = new("http://127.0.0.1:5000/endpoints/chat/score");

    [Fact]
    public void The_connection_is_merged_and_everything_else_stays()
    {
        using var folder = new TemporaryFolder();
        var file = folder.Write("secrets.json", """
            {
              // mine
              "Other:Key": "other",
              "basicchat": { "Key": "old", "DeploymentName": "blue" },
            }
            """);

        Assert.True(UserSecrets.Set(file, "BasicChat", Local, "new"));
        Assert.False(UserSecrets.Set(file, "BasicChat", Local, "new"));

        using var json = System.Text.Json.JsonDocument.Parse(File.ReadAllText(file));
        Assert.Equal("other", json.RootElement.GetProperty("Other:Key").GetString());
        Assert.Equal("blue", json.RootElement.GetProperty("basicchat").GetProperty("DeploymentName").GetString());
        Assert.False(json.RootElement.GetProperty("basicchat").TryGetProperty("Key", out _));
        Assert.Equal("new", json.RootElement.GetProperty("BasicChat:Key").GetString());
        Assert.Equal(Local.ToString(), json.RootElement.GetProperty("BasicChat:ScoringUri").GetString());
    }

    [Fact]
    [Trait("Category", "Security")]
    public void A_new_file_can_be_read_by_its_owner_only()
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "id", "secrets.json");

        Assert.True(UserSecrets.Set(file, "BasicChat", Local, "key"));

        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        }
    }

    [Fact]
    public void A_deployment_to_Azure_removes_a_connection_to_this_machine_only()
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "secrets.json");
        UserSecrets.Set(file, "BasicChat", Local, "key");
        UserSecrets.Set(file, "Remote", new Uri("https://chat.eastus.inference.ml.azure.com/score"), "key");

        Assert.True(UserSecrets.RemoveLoopback(file, "BasicChat"));
        Assert.False(UserSecrets.RemoveLoopback(file, "Remote"));

        var text = File.ReadAllText(file);
        Assert.DoesNotContain("BasicChat", text, StringComparison.Ordinal);
        Assert.Contains("Remote:Key", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_no_JSON_is_left_alone_and_said()
    {
        using var folder = new TemporaryFolder();
        var file = folder.Write("secrets.json", "{ broken");

        var said = Assert.Throws<FlowDeploymentException>(() => UserSecrets.Set(file, "BasicChat", Local, "key"));

        Assert.Equal(ConfigurationRules.UserSecretsNotWritten, said.Diagnostic.Rule);
        Assert.Contains(file, said.Message, StringComparison.Ordinal);
        Assert.Equal("{ broken", File.ReadAllText(file));
    }
}
