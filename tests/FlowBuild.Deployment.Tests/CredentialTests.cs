using Azure.Identity;
using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Deployment.Workspace;

namespace FlowBuild.Deployment.Tests;

/// <summary>Which credential a word means, and which cloud it signs in to.</summary>
public sealed class CredentialTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Dictionary<string, string> _environment = [];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("", typeof(DefaultAzureCredential))]
    [InlineData("Default", typeof(DefaultAzureCredential))]
    [InlineData("Environment", typeof(EnvironmentCredential))]
    [InlineData("WorkloadIdentity", typeof(WorkloadIdentityCredential))]
    [InlineData("ManagedIdentity", typeof(ManagedIdentityCredential))]
    [InlineData("AzureCli", typeof(AzureCliCredential))]
    [InlineData("azurecli", typeof(AzureCliCredential))]
    [InlineData("AzureDeveloperCli", typeof(AzureDeveloperCliCredential))]
    [InlineData("AzurePowerShell", typeof(AzurePowerShellCredential))]
    [InlineData("VisualStudio", typeof(VisualStudioCredential))]
    [InlineData("InteractiveBrowser", typeof(InteractiveBrowserCredential))]
    public void Each_word_means_the_credential_of_its_name(string word, Type type) =>
        Assert.IsType(type, Credentials.Create(word, AzureCloud.Public, new RecordingLog()));

    [Fact]
    public void An_unknown_word_is_an_error_that_names_the_known_ones()
    {
        var refused = Assert.Throws<FlowDeploymentException>(() => Credentials.Create("Cli", AzureCloud.Public, new RecordingLog()));

        Assert.Equal(ConfigurationRules.UnknownCredential, refused.Diagnostic.Rule);
        Assert.Contains("'Cli' is not known; write one of Default, Environment, WorkloadIdentity, ManagedIdentity, AzureCli", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Azure_Pipelines_says_which_variable_is_missing()
    {
        var refused = Assert.Throws<FlowDeploymentException>(() => Credentials.Create("AzurePipelines", AzureCloud.Public, new RecordingLog()));

        Assert.Equal(ConfigurationRules.InvalidProperty, refused.Diagnostic.Rule);
        Assert.Contains("AZURESUBSCRIPTION_TENANT_ID is not set", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("AzureCloud", "https://management.azure.com/", "https://login.microsoftonline.com/", "https://ml.azure.com")]
    [InlineData("azureusgovernment", "https://management.usgovcloudapi.net/", "https://login.microsoftonline.us/", "https://ml.azure.us")]
    [InlineData("AzureChinaCloud", "https://management.chinacloudapi.cn/", "https://login.chinacloudapi.cn/", "https://ml.azure.cn")]
    public void A_cloud_is_named_as_the_Azure_CLI_names_it(string name, string manager, string authority, string machineLearning)
    {
        var cloud = Cloud(name);

        Assert.Equal((manager, authority, machineLearning), (cloud.ResourceManager.ToString(), cloud.Authority.ToString(), cloud.MachineLearning));
        Assert.Equal(manager, cloud.Audience);
        Assert.True(cloud.HasKnownAuthority);
    }

    [Fact]
    public void Without_a_word_it_is_the_public_cloud() => Assert.Equal("AzureCloud", Cloud("").Name);

    [Fact]
    public void The_authority_of_the_environment_chooses_the_cloud()
    {
        _folder.Write(".azure/config", "[cloud]\nname = AzureChinaCloud\n");
        _environment["AZURE_AUTHORITY_HOST"] = "https://login.microsoftonline.us";

        Assert.Equal("AzureUSGovernment", Cloud("").Name);
    }

    [Fact]
    public void Else_the_cloud_of_the_Azure_CLI_is_meant()
    {
        _folder.Write(".azure/config", "[core]\nx = 1\n[cloud]\nname = AzureUSGovernment\n");

        Assert.Equal("AzureUSGovernment", Cloud("").Name);
    }

    [Fact]
    public void A_cloud_that_the_Azure_CLI_was_told_of_is_known_and_its_sign_in_is_not_looked_up()
    {
        _folder.Write(".azure/clouds.config", """
            [Sealed]
            endpoint_resource_manager = https://management.sealed.example
            endpoint_active_directory = https://login.sealed.example
            endpoint_active_directory_resource_id = https://management.core.sealed.example/
            """);

        var cloud = Cloud("Sealed");

        Assert.Equal(
            ("https://management.sealed.example/", "https://login.sealed.example/", "https://management.core.sealed.example/", false),
            (cloud.ResourceManager.ToString(), cloud.Authority.ToString(), cloud.Audience, cloud.HasKnownAuthority));
    }

    [Theory]
    [InlineData("Moon", "", "FlowCloud='Moon' cannot be used: write AzureCloud, AzureUSGovernment, AzureChinaCloud, or")]
    [InlineData("", "login.microsoftonline.us", "AZURE_AUTHORITY_HOST='login.microsoftonline.us' cannot be used: write an address that begins with https://")]
    [InlineData("", "http://login.microsoftonline.us", "AZURE_AUTHORITY_HOST='http://login.microsoftonline.us' cannot be used")]
    public void A_cloud_that_nobody_knows_and_an_address_that_is_none_are_errors(string word, string authority, string says)
    {
        _environment["AZURE_AUTHORITY_HOST"] = authority;

        var refused = Assert.Throws<FlowDeploymentException>(() => Cloud(word));

        Assert.Equal(ConfigurationRules.InvalidProperty, refused.Diagnostic.Rule);
        Assert.StartsWith(says, refused.Message, StringComparison.Ordinal);
    }

    private AzureCloud Cloud(string word) => new WorkspaceResolver(
        new WorkspaceSettings(_folder.Path, "", "", "", "", "", false, new LocalWorkspaceSettings("", "", "", null, "")) { Cloud = word },
        name => _environment.GetValueOrDefault(name), _folder.Path).ResolveCloud();
}
