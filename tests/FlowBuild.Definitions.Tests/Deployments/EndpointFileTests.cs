using FlowBuild.Definitions.Deployments;
using FlowBuild.Definitions.Diagnostics;

namespace FlowBuild.Definitions.Tests.Deployments;

public sealed class EndpointFileTests
{
    [Fact]
    public void An_endpoint_is_read_whole()
    {
        var result = Read("""
            $schema: https://azuremlschemas.azureedge.net/latest/managedOnlineEndpoint.schema.json
            name: basic-chat-endpoint
            auth_mode: AMLToken
            description: chats
            identity:
              type: user_assigned
              user_assigned_identities:
                - resource_id: /subscriptions/s/x
            public_network_access: disabled
            traffic: { Blue: 100 }
            properties:
              enforce_access_to_default_secret_stores: enabled
            """);

        Assert.Empty(result.Diagnostics);
        var endpoint = result.Value!;
        Assert.Equal(EndpointAuthMode.AmlToken, endpoint.AuthMode);
        Assert.False(endpoint.IsKubernetes);
        Assert.False(endpoint.PublicNetworkAccess);
        Assert.False(endpoint.Identity!.SystemAssigned);
        Assert.Equal("/subscriptions/s/x", Assert.Single(endpoint.Identity.UserAssigned).Value);
        Assert.Equal("blue", Assert.Single(endpoint.Traffic).Key);
    }

    [Fact]
    public void A_wrong_authentication_mode_suggests_the_right_one()
    {
        var text = MarkedText.Parse("name: basic-chat-endpoint\nauth_mode: «keys»\n");

        text.AssertOnly(Read(text.Text).Diagnostics, DeploymentRules.UnknownWord, "'keys' is no value of 'auth_mode'; did you mean 'key'?");
    }

    [Theory]
    [InlineData("Key", EndpointAuthMode.Key)]
    [InlineData("aml_token", EndpointAuthMode.AmlToken)]
    [InlineData("AADToken", EndpointAuthMode.AadToken)]
    public void The_authentication_modes_are_read_in_any_case(string word, EndpointAuthMode expected)
    {
        var result = Read($"name: abc\nauth_mode: {word}\n");

        Assert.Empty(result.Diagnostics);
        Assert.Equal(expected, result.Value!.AuthMode);
    }

    [Fact]
    public void Compute_makes_a_Kubernetes_endpoint()
    {
        var result = Read("name: basic-chat\ncompute: azureml:cluster\nauth_mode: key\n");

        Assert.Empty(result.Diagnostics);
        Assert.True(result.Value!.IsKubernetes);

        var text = MarkedText.Parse("name: basic-chat\ncompute: azureml:cluster\n«public_network_access»: enabled\n");
        text.AssertOnly(Read(text.Text).Diagnostics, DeploymentRules.ForeignKey, "only managed endpoints have it");
    }

    [Theory]
    [InlineData("name: «ab»\n", "3 to 32")]
    [InlineData("name: «my_endpoint»\n", "no '_'")]
    [InlineData("name: «my--endpoint»\n", "single hyphens")]
    [InlineData("name: «1st-endpoint»\n", "begins with a letter")]
    [InlineData("name: «endpoint-»\n", "ends with a letter")]
    [InlineData("name: «<endpoint_name>»\n", "placeholder")]
    [InlineData("name: abc\ncompute: «cluster»\n", "write 'azureml:cluster'")]
    [InlineData("name: abc\ncompute: «azureml:<Kubernetes compute name>»\n", "placeholder")]
    public void A_name_that_the_service_refuses_says_why(string marked, string why)
    {
        var text = MarkedText.Parse(marked);

        text.AssertOnly(Read(text.Text).Diagnostics, DeploymentRules.InvalidText, why);
    }

    [Theory]
    [InlineData("name: abc\n«traffic»:\n  a: 60\n  b: 50\n", "add up to 110")]
    [InlineData("name: abc\n«traffic»:\n  a: 60\n", "add up to 60")]
    [InlineData("name: abc\n«mirror_traffic»:\n  a: 10\n  b: 10\n", "more than one deployment")]
    [InlineData("name: abc\ntraffic:\n  a: 100\nmirror_traffic:\n  a: «10»\n", "has live traffic")]
    public void Traffic_that_does_not_add_up_is_refused(string marked, string why)
    {
        var text = MarkedText.Parse(marked);

        text.AssertOnly(Read(text.Text).Diagnostics, DeploymentRules.InvalidTraffic, why);
    }

    [Fact]
    public void An_identity_needs_a_type_and_takes_maps_only()
    {
        var missing = MarkedText.Parse("name: abc\n«identity»:\n  user_assigned_identities:\n    - resource_id: x\n");
        missing.AssertOnly(Read(missing.Text).Diagnostics, DeploymentRules.MissingKey, "'type'");

        var bare = MarkedText.Parse("name: abc\nidentity:\n  type: user_assigned\n  user_assigned_identities:\n    - «/subscriptions/x»\n");
        bare.AssertOnly(Read(bare.Text).Diagnostics, DeploymentRules.WrongType, "a mapping with resource_id");

        var two = MarkedText.Parse("name: abc\nidentity:\n  type: user_assigned\n  user_assigned_identities:\n    - resource_id: x\n    - «resource_id»: y\n");
        two.AssertOnly(Read(two.Text).Diagnostics, DeploymentRules.OutOfRange, "at most 1");
    }

    private static ReadResult<EndpointSpec> Read(string text) => DeploymentFileReader.ReadEndpoint("endpoint.yml", text);
}
