using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Deployment.Workspace;

namespace FlowBuild.Deployment.Tests;

public sealed class WorkspaceResolverTests : IDisposable
{
    private const string Subscription = "11111111-2222-3333-4444-555555555555";
    private readonly TemporaryFolder _folder = new();
    private readonly Dictionary<string, string> _environment = [];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Properties_win_over_everything()
    {
        _environment["AZURE_SUBSCRIPTION_ID"] = Guid.Empty.ToString();
        _environment["AZUREML_WORKSPACE_NAME"] = "elsewhere";

        var address = Resolver(Subscription, "group", "workspace").Resolve(writes: true);

        Assert.Equal((Subscription, "group", "workspace", "the properties"), (address.Subscription, address.ResourceGroup, address.Name, address.Origin));
    }

    [Fact]
    public void The_environment_fills_what_the_properties_leave_out_and_is_named()
    {
        _environment["AZURE_SUBSCRIPTION_ID"] = Subscription;

        var address = Resolver("", "group", "workspace").Resolve(writes: true);

        Assert.Equal("the properties and AZURE_SUBSCRIPTION_ID", address.Origin);
    }

    [Fact]
    public void A_workspace_named_in_part_is_refused()
    {
        var refused = Assert.Throws<FlowDeploymentException>(() => Resolver("", "", "workspace").Resolve(writes: true));

        Assert.Equal(ConfigurationRules.WorkspaceIncomplete, refused.Diagnostic.Rule);
        Assert.Contains("FlowSubscriptionId", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_config_file_is_found_up_to_the_repository_s_root()
    {
        _folder.Write("config.json", """{ "subscription_id": "x", "resource_group": "beyond", "workspace_name": "beyond" }""");
        _folder.Write("repo/.git/HEAD", "");
        Assert.Equal(
            ConfigurationRules.WorkspaceNotConfigured,
            Assert.Throws<FlowDeploymentException>(() => Resolver("", "", "").Resolve(writes: true)).Diagnostic.Rule);

        var file = _folder.Write("repo/.azureml/config.json", $$"""{ "subscription_id": "{{Subscription}}", "resource_group": "g", "workspace_name": "w" }""");
        var address = Resolver("", "", "").Resolve(writes: true);
        Assert.Equal(("w", file), (address.Name, address.Origin));
    }

    [Fact]
    public void A_config_file_that_lacks_a_name_is_refused_and_another_tool_s_is_passed_over()
    {
        _folder.Write("repo/project/config.json", """{ "port": 80 }""");
        var file = _folder.Write("repo/config.json", $$"""{ "subscription_id": "{{Subscription}}", "resource_group": "g" }""");

        var refused = Assert.Throws<FlowDeploymentException>(() => Resolver("", "", "").Resolve(writes: true));

        Assert.Equal(ConfigurationRules.WorkspaceIncomplete, refused.Diagnostic.Rule);
        Assert.Equal(file, refused.Diagnostic.File);
        Assert.Contains("workspace_name", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_defaults_of_the_Azure_CLI_serve_reading_and_need_consent_for_writing()
    {
        _folder.Write("repo/.git/HEAD", "");
        WriteCliDefaults();

        Assert.Equal("the defaults of the Azure CLI", Resolver("", "", "").Resolve(writes: false).Origin);
        Assert.Contains(
            "FlowUseAzureCliDefaults",
            Assert.Throws<FlowDeploymentException>(() => Resolver("", "", "").Resolve(writes: true)).Message, StringComparison.Ordinal);
        Assert.Equal("w", Resolver("", "", "", useCli: true).Resolve(writes: true).Name);
    }

    [Fact]
    public void The_environment_alone_names_a_workspace_and_goes_before_a_config_file()
    {
        _folder.Write("repo/config.json", $$"""{ "subscription_id": "{{Subscription}}", "resource_group": "g", "workspace_name": "of-the-file" }""");
        _environment["AZURE_SUBSCRIPTION_ID"] = Subscription;
        _environment["AZURE_RESOURCE_GROUP"] = "group";
        _environment["AZUREML_WORKSPACE_NAME"] = "workspace";

        var address = Resolver("", "", "").Resolve(writes: true);

        Assert.Equal(("workspace", "the environment"), (address.Name, address.Origin));
    }

    [Fact]
    public void A_workspace_of_the_environment_that_lacks_its_group_is_refused()
    {
        _environment["AZURE_SUBSCRIPTION_ID"] = Subscription;
        _environment["AZUREML_WORKSPACE_NAME"] = "workspace";

        var refused = Assert.Throws<FlowDeploymentException>(() => Resolver("", "", "").Resolve(writes: true));

        Assert.Equal(ConfigurationRules.WorkspaceIncomplete, refused.Diagnostic.Rule);
        Assert.Contains("without AZURE_RESOURCE_GROUP (the environment)", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void All_that_lacks_is_said_at_once()
    {
        var refused = Assert.Throws<FlowDeploymentException>(() => Resolver("", "", "workspace").Resolve(writes: true));

        Assert.Contains("without FlowSubscriptionId, FlowResourceGroup (the properties; the local one is FlowWorkspace=local)", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_config_file_goes_before_the_defaults_of_the_Azure_CLI_and_serves_writing()
    {
        WriteCliDefaults();
        var file = _folder.Write("repo/project/config.json", $$"""{ "subscription_id": "{{Subscription}}", "resource_group": "g", "workspace_name": "of-the-file" }""");

        var address = Resolver("", "", "").Resolve(writes: true);

        Assert.Equal(("of-the-file", file), (address.Name, address.Origin));
    }

    [Fact]
    public void A_config_file_that_is_no_JSON_is_refused_with_its_name()
    {
        var file = _folder.Write("repo/config.json", "{ \"subscription_id\": ");

        var refused = Assert.Throws<FlowDeploymentException>(() => Resolver("", "", "").Resolve(writes: false));

        Assert.Equal((ConfigurationRules.WorkspaceNotConfigured, file), (refused.Diagnostic.Rule, refused.Diagnostic.File));
    }

    [Fact]
    public void The_folder_of_the_Azure_CLI_is_the_one_that_its_variable_names()
    {
        _folder.Write("repo/.git/HEAD", "");
        WriteCliDefaults("elsewhere");
        _environment["AZURE_CONFIG_DIR"] = Path.Combine(_folder.Path, "elsewhere");

        Assert.Equal("w", Resolver("", "", "").Resolve(writes: false).Name);
    }

    [Fact]
    public void Defaults_of_the_Azure_CLI_without_a_subscription_are_no_workspace()
    {
        _folder.Write("repo/.git/HEAD", "");
        WriteCliDefaults();
        _folder.Write("home/.azure/azureProfile.json", "not JSON");

        Assert.Equal(
            ConfigurationRules.WorkspaceNotConfigured,
            Assert.Throws<FlowDeploymentException>(() => Resolver("", "", "").Resolve(writes: false)).Diagnostic.Rule);
    }

    [Fact]
    public void A_subscription_that_is_no_GUID_is_refused_without_naming_it()
    {
        var refused = Assert.Throws<FlowDeploymentException>(() => Resolver("my subscription", "group", "workspace").Resolve(writes: true));

        Assert.Equal(ConfigurationRules.InvalidSubscription, refused.Diagnostic.Rule);
    }

    [Fact]
    public void A_subscription_alone_in_the_environment_is_no_workspace()
    {
        _folder.Write("repo/.git/HEAD", "");
        _environment["AZURE_SUBSCRIPTION_ID"] = Subscription;

        Assert.Equal(
            ConfigurationRules.WorkspaceNotConfigured,
            Assert.Throws<FlowDeploymentException>(() => Resolver("", "", "").Resolve(writes: true)).Diagnostic.Rule);
    }

    [Fact]
    public void The_local_workspace_in_capitals_is_told_how_to_write_it()
    {
        var said = Assert.Throws<FlowDeploymentException>(() => Resolver("", "", "Local").Resolve(writes: true));

        Assert.Equal(ConfigurationRules.InvalidProperty, said.Diagnostic.Rule);
        Assert.Contains("write 'local'", said.Message, StringComparison.Ordinal);
    }

    private void WriteCliDefaults(string folder = "home/.azure")
    {
        _folder.Write($"{folder}/config", "[core]\nx = 1\n[defaults]\ngroup = g\nworkspace = w\n");
        _folder.Write($"{folder}/azureProfile.json", $$"""{ "subscriptions": [ { "id": "x", "isDefault": false }, { "id": "{{Subscription}}", "isDefault": true } ] }""");
    }

    private WorkspaceResolver Resolver(string subscription, string group, string workspace, bool useCli = false)
    {
        var project = Path.Combine(_folder.Path, "repo", "project");
        Directory.CreateDirectory(project);
        return new WorkspaceResolver(
            new WorkspaceSettings(project, subscription, group, workspace, "", "", useCli, new LocalWorkspaceSettings("", "", "", null, "")),
            name => _environment.GetValueOrDefault(name), Path.Combine(_folder.Path, "home"));
    }
}
