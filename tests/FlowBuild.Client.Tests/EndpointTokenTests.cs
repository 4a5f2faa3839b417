using Azure.Core;
using FlowBuild.Testing;

namespace FlowBuild.Client.Tests;

[Trait("Category", "Security")]
public sealed class EndpointTokenTests
{
    private const string Endpoint =
        "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w/onlineEndpoints/chat";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_endpoint_s_own_token_is_fetched_through_the_control_plane_and_kept_until_it_should_be_renewed()
    {
        var expiry = DateTimeOffset.UtcNow.AddHours(12).ToUnixTimeSeconds();
        var refresh = DateTimeOffset.UtcNow.AddHours(6).ToUnixTimeSeconds();
        await using var controlPlane = ReplayServer.Start(
            "200 OK", $$"""{"accessToken":"endpoint-token","expiryTimeUtc":{{expiry}},"refreshAfterTimeUtc":{{refresh}},"tokenType":"Bearer"}""");
        await using var scoring = ReplayServer.Start(Transcript.Load("flask_success"));
        var caller = new Caller();
        var endpoint = new FlowEndpoint(scoring.ScoringUri, new FlowEndpointTokenCredential(Endpoint, caller, controlPlane.Origin));

        await endpoint.HelloAsync(cancellationToken: Stop);
        await endpoint.HelloAsync(cancellationToken: Stop);

        var request = Assert.Single(controlPlane.Requests);
        Assert.Equal("POST", request.Method);
        Assert.Equal(Endpoint + "/token?api-version=2024-10-01", request.Target);
        Assert.Equal("Bearer caller-token", request.Headers["Authorization"]);
        Assert.Equal([controlPlane.Origin + ".default"], caller.Scopes);
        Assert.All(scoring.Requests, scored => Assert.Equal("Bearer endpoint-token", scored.Headers["Authorization"]));
        Assert.Equal(2, scoring.Requests.Count);
    }

    [Fact]
    public async Task A_refusal_of_the_control_plane_says_why()
    {
        await using var controlPlane = ReplayServer.Start(
            "403 Forbidden", """{"error":{"code":"AuthorizationFailed","message":"The client does not have authorization."}}""");
        var credential = new FlowEndpointTokenCredential(Endpoint, new Caller(), controlPlane.Origin);

        var exception = await Assert.ThrowsAsync<FlowRequestException>(() => credential.GetTokenAsync(default, Stop).AsTask());

        Assert.Equal("The control plane answered 403 (Forbidden): 'AuthorizationFailed'.", exception.Message);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("""{"accessToken":"the-secret","expiryTimeUtc":"soon"}""")]
    public async Task An_answer_without_a_token_shows_nothing_of_itself(string body)
    {
        await using var controlPlane = ReplayServer.Start("200 OK", body);
        var credential = new FlowEndpointTokenCredential(Endpoint, new Caller(), controlPlane.Origin);

        var exception = await Assert.ThrowsAsync<FlowContractException>(() => credential.GetTokenAsync(default, Stop).AsTask());

        Assert.DoesNotContain("the-secret", exception.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("chat")]
    [InlineData("/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w")]
    public void What_is_not_the_id_of_an_endpoint_is_refused(string id) =>
        Assert.Throws<ArgumentException>(() => new FlowEndpointTokenCredential(id, new Caller()));

    [Fact]
    public void A_control_plane_that_is_not_encrypted_is_refused() => Assert.Throws<ArgumentException>(
        () => new FlowEndpointTokenCredential(Endpoint, new Caller(), new Uri("http://management.example.com")));

    private sealed class Caller : TokenCredential
    {
        public string[] Scopes { get; private set; } = [];

        public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken)
        {
            Scopes = requestContext.Scopes;
            return new AccessToken("caller-token", DateTimeOffset.UtcNow.AddHours(1));
        }

        public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
            ValueTask.FromResult(GetToken(requestContext, cancellationToken));
    }
}
