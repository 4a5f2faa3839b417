using System.Net;
using System.Text.Json;
using FlowBuild.Client.Tests.Recorded;
using FlowBuild.Testing;

namespace FlowBuild.Client.Tests;

public sealed class ScoreTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("flask")]
    [InlineData("fastapi")]
    public async Task All_inputs_arrive_and_all_outputs_come_back(string engine)
    {
        var transcript = Transcript.Load(engine + "_success_all_inputs");
        await using var server = ReplayServer.Start(transcript);
        using var sent = JsonDocument.Parse(transcript.RequestBody);
        var input = new HelloInput
        {
            Text = "hi",
            Times = 2,
            Ratio = 1.5,
            Shout = true,
            Tags = [.. sent.RootElement.GetProperty("tags").EnumerateArray()],
            Extra = sent.RootElement.GetProperty("extra"),
        };

        var output = await Calls.Endpoint(server.ScoringUri).HelloAsync(input, Stop);

        Assert.Equal("HI HI", output.Output);
        Assert.Equal(2, output.Count);
        Assert.Equal("float", output.Types.GetProperty("ratio").GetString());
        Assert.Equal(["\"a\"", "1", "null", "{\"k\":2}"], output.Passthru!.Select(item => item.GetRawText()));
        Assert.Equal(transcript.RequestBody, Assert.Single(server.Requests).Body);
    }

    [Fact]
    public async Task An_input_that_is_not_set_is_left_out_and_text_is_sent_as_it_is()
    {
        await using var server = ReplayServer.Start(Transcript.Load("flask_success"));

        await Calls.Endpoint(server.ScoringUri).HelloAsync(new HelloInput { Text = "é中 \"<&>\"" }, Stop);

        Assert.Equal("""{"text":"é中 \"<&>\""}""", Assert.Single(server.Requests).Body);
    }

    [Fact]
    public async Task The_headers_are_exactly_those_that_the_server_accepts()
    {
        await using var server = ReplayServer.Start(Transcript.Load("fastapi_success"));
        var endpoint = Calls.Endpoint(server.ScoringUri, new() { DeploymentName = "blue", ClientRequestId = () => "id-1" });

        await endpoint.HelloAsync(cancellationToken: Stop);

        var request = Assert.Single(server.Requests);
        Assert.Equal("POST", request.Method);
        Assert.Equal("/score", request.Target);
        Assert.Equal("application/json", request.Headers["Accept"]);
        Assert.Equal("application/json", request.Headers["Content-Type"]);
        Assert.Equal("Bearer key-of-the-tests", request.Headers["Authorization"]);
        Assert.Equal("blue", request.Headers["azureml-model-deployment"]);
        Assert.Equal("id-1", request.Headers["x-ms-client-request-id"]);
    }

    [Theory]
    [InlineData("flask")]
    [InlineData("fastapi")]
    public async Task A_missing_input_says_what_is_missing_and_repeats_no_data(string engine)
    {
        await using var server = ReplayServer.Start(Transcript.Load(engine + "_missing_input"));

        var exception = await Assert.ThrowsAsync<FlowRequestException>(() => Calls.Endpoint(server.ScoringUri).HelloAsync(cancellationToken: Stop));

        Assert.Equal(HttpStatusCode.BadRequest, exception.StatusCode);
        Assert.Equal("UserError", exception.Code);
        Assert.Null(exception.Node);
        Assert.Equal("Required input fields ['text'] are missing in request data …", exception.ServerMessage);
        Assert.Equal($"The endpoint '{server.ScoringUri}' answered 400 (BadRequest): 'UserError'.", exception.Message);
        Assert.DoesNotContain("times", exception.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("flask")]
    [InlineData("fastapi")]
    public async Task A_failed_node_is_named(string engine)
    {
        await using var server = ReplayServer.Start(Transcript.Load(engine + "_node_exception"));

        var exception = await Assert.ThrowsAsync<FlowRequestException>(() => Calls.Endpoint(server.ScoringUri).HelloAsync(cancellationToken: Stop));

        Assert.Equal("UserError", exception.Code);
        Assert.Equal("echo", exception.Node);
        Assert.Equal("Execution failure in 'echo': (ValueError) boom from the node", exception.ServerMessage);
        Assert.Equal($"The endpoint '{server.ScoringUri}' answered 400 (BadRequest): 'UserError' in node 'echo'.", exception.Message);
    }

    [Fact]
    public async Task The_server_s_own_words_are_in_the_message_when_they_are_asked_for()
    {
        await using var server = ReplayServer.Start(Transcript.Load("flask_missing_input"));
        var endpoint = Calls.Endpoint(server.ScoringUri, new() { IncludeServerMessage = true });

        var exception = await Assert.ThrowsAsync<FlowRequestException>(() => endpoint.HelloAsync(cancellationToken: Stop));

        Assert.EndsWith(" Required input fields ['text'] are missing in request data {'times': 2}", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Behind_a_424_stands_what_the_deployment_answered()
    {
        await using var server = ReplayServer.Start(
            "424 Failed Dependency",
            """{"error":{"code":"UserError","message":"Execution failure in 'echo': boom"}}""",
            "Content-Type: application/json",
            "ms-azureml-model-error-statuscode: 400",
            "ms-azureml-model-error-reason: model_error",
            "x-request-id: 6e0c3c5c-0000-4000-8000-000000000001");
        var endpoint = Calls.Endpoint(server.ScoringUri, new() { ClientRequestId = () => "mine" });

        var exception = await Assert.ThrowsAsync<FlowRequestException>(() => endpoint.HelloAsync(cancellationToken: Stop));

        Assert.Equal(HttpStatusCode.FailedDependency, exception.StatusCode);
        Assert.Equal(400, exception.ModelStatusCode);
        Assert.Equal("model_error", exception.ModelReason);
        Assert.Equal("6e0c3c5c-0000-4000-8000-000000000001", exception.RequestId);
        Assert.Equal("mine", exception.ClientRequestId);
        Assert.Equal($"The endpoint '{server.ScoringUri}' answered 424 (FailedDependency), its deployment 400: 'UserError' in node 'echo'.", exception.Message);
    }

    [Theory]
    [InlineData("", "text/html")]
    [InlineData("", "application/json")]
    [InlineData("<html><body>Bad gateway</body></html>", "text/html")]
    [InlineData("""{"detail":"Method Not Allowed"}""", "application/json")]
    [InlineData("""{"error":"text"}""", "application/json")]
    [InlineData("[1", "application/json")]
    public async Task An_error_without_a_known_document_still_has_its_status(string body, string contentType)
    {
        await using var server = ReplayServer.Start("502 Bad Gateway", body, "Content-Type: " + contentType);

        var exception = await Assert.ThrowsAsync<FlowRequestException>(() => Calls.Endpoint(server.ScoringUri).HelloAsync(cancellationToken: Stop));

        Assert.Equal(HttpStatusCode.BadGateway, exception.StatusCode);
        Assert.Null(exception.Code);
        Assert.Null(exception.ServerMessage);
        Assert.Equal($"The endpoint '{server.ScoringUri}' answered 502 (BadGateway).", exception.Message);
    }

    [Theory]
    [InlineData("401 Unauthorized", "Unauthorized", "401 (Unauthorized). The key or token that was sent is wrong or has expired.")]
    [InlineData("401 Unauthorized", "InvalidToken", "401 (Unauthorized): 'InvalidToken'. The key or token that was sent is wrong or has expired.")]
    [InlineData("404 Not Found", "NotFound", "404 (NotFound). Nothing answers at this address: check its path, and that the endpoint has a deployment with traffic.")]
    [InlineData("429 Too Many Requests", "tooManyRequests", "429 (TooManyRequests).")]
    public async Task An_error_of_the_endpoint_itself_is_said_once_with_what_to_look_at(string status, string code, string message)
    {
        await using var server = ReplayServer.Start(
            status, $$$"""{"error":{"code":"{{{code}}}","message":"m"}}""", "Content-Type: application/json");

        var exception = await Assert.ThrowsAsync<FlowRequestException>(() => Calls.Endpoint(server.ScoringUri).HelloAsync(cancellationToken: Stop));

        Assert.Equal($"The endpoint '{server.ScoringUri}' answered {message}", exception.Message);
        Assert.Equal(code, exception.Code);
    }

    [Fact]
    public async Task A_deployment_that_was_asked_for_and_is_not_there_is_named()
    {
        await using var server = ReplayServer.Start("404 Not Found", "");
        var endpoint = Calls.Endpoint(server.ScoringUri, new() { DeploymentName = "green" });

        var exception = await Assert.ThrowsAsync<FlowRequestException>(() => endpoint.HelloAsync(cancellationToken: Stop));

        Assert.EndsWith("check its path, and that the endpoint has the deployment 'green'.", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_address_may_hold_of_secrets_is_in_no_message()
    {
        await using var server = ReplayServer.Start("502 Bad Gateway", "");
        var uri = new UriBuilder(server.ScoringUri) { UserName = "someone", Password = "hunter2", Query = "code=hunter3" }.Uri;

        var exception = await Assert.ThrowsAsync<FlowRequestException>(() => Calls.Endpoint(uri).HelloAsync(cancellationToken: Stop));

        Assert.Equal($"The endpoint '{server.ScoringUri}' answered 502 (BadGateway).", exception.Message);
    }

    [Theory]
    [InlineData("x")]
    [InlineData("é")]
    [InlineData("\\u00e9\\ud83d\\ude00")]
    [InlineData("\\\\")]
    public async Task Of_an_error_of_megabytes_the_beginning_is_kept(string filler)
    {
        var echo = string.Concat(Enumerable.Repeat(filler, 4_000_000 / filler.Length));
        await using var server = ReplayServer.Start(
            "400 Bad Request", """{"error":{"code":"UserError","message":"Node failed: """ + echo + "\"}}", "Content-Type: application/json");

        var exception = await Assert.ThrowsAsync<FlowRequestException>(() => Calls.Endpoint(server.ScoringUri).HelloAsync(cancellationToken: Stop));

        Assert.Equal("UserError", exception.Code);
        Assert.StartsWith("Node failed: ", exception.ServerMessage, StringComparison.Ordinal);
        Assert.InRange(exception.ServerMessage!.Length, 4095, 4096);
    }

    [Fact]
    public async Task An_answer_that_is_no_JSON_is_a_contract_exception_that_keeps_it_readable()
    {
        await using var server = ReplayServer.Start("200 OK", """{"output":nan}""", "Content-Type: application/json");

        var exception = await Assert.ThrowsAsync<FlowContractException>(() => Calls.Endpoint(server.ScoringUri).HelloAsync(cancellationToken: Stop));

        Assert.Equal("""{"output":nan}""", exception.RawResponse!.Trim());
        Assert.Equal("The answer is no JSON from line 1, byte 12 on.", exception.Message);
    }

    [Fact]
    public async Task A_value_of_another_type_names_output_and_type_but_not_the_value()
    {
        await using var server = ReplayServer.Start("200 OK", """{"answer":"secret","turns":"many"}""", "Content-Type: application/json");

        var exception = await Assert.ThrowsAsync<FlowContractException>(() => Calls.Endpoint(server.ScoringUri).AskAsync(Stop));

        Assert.Equal("turns", exception.OutputName);
        Assert.Equal("int", exception.DeclaredType);
        Assert.Equal("The output 'turns' is declared as int, but the answer holds a string.", exception.Message);
        Assert.Equal("""{"answer":"secret","turns":"many"}""", exception.RawResponse);
        Assert.DoesNotContain("secret", exception.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Text_that_is_not_Unicode_is_a_contract_exception()
    {
        await using var server = ReplayServer.Start("200 OK", """{"answer":"\ud83d","turns":1}""", "Content-Type: application/json");

        var exception = await Assert.ThrowsAsync<FlowContractException>(() => Calls.Endpoint(server.ScoringUri).AskAsync(Stop));

        Assert.Equal("The output 'answer' is declared as string, but the answer holds text that is not Unicode.", exception.Message);
    }

    [Theory]
    [InlineData("""{"\ud83d":1}""")]
    [InlineData("""{"output":"a","types":{"\ud83d":"\ud83d"},"\udc00":[]}""")]
    public async Task A_name_that_is_not_Unicode_is_a_contract_exception(string body)
    {
        await using var server = ReplayServer.Start("200 OK", body, "Content-Type: application/json");

        var exception = await Assert.ThrowsAsync<FlowContractException>(() => Calls.Endpoint(server.ScoringUri).HelloAsync(cancellationToken: Stop));

        Assert.Equal("The answer holds text that is not Unicode.", exception.Message);
        Assert.Equal(body, exception.RawResponse);
    }

    [Fact]
    public async Task Of_members_of_one_name_the_last_counts_as_in_Python()
    {
        await using var server = ReplayServer.Start("200 OK", """{"output":"first","output":"last"}""", "Content-Type: application/json");

        Assert.Equal("last", (await Calls.Endpoint(server.ScoringUri).HelloAsync(cancellationToken: Stop)).Output);
    }

    [Theory]
    [InlineData(998, true)]
    [InlineData(1000, false)]
    public async Task Values_may_nest_as_deep_as_Python_writes_them(int depth, bool fits)
    {
        var body = $$"""{"types":{{new string('[', depth)}}{{new string(']', depth)}}}""";
        await using var server = ReplayServer.Start("200 OK", body, "Content-Type: application/json");

        var call = Calls.Endpoint(server.ScoringUri).HelloAsync(cancellationToken: Stop);

        if (fits)
        {
            Assert.Equal(2 * depth, (await call).Types.GetRawText().Length);
        }
        else
        {
            await Assert.ThrowsAsync<FlowContractException>(() => call);
        }
    }

    [Fact]
    [Trait("Category", "Security")]
    public async Task A_code_that_is_a_novel_is_left_out()
    {
        await using var server = ReplayServer.Start(
            "400 Bad Request", $$$"""{"error":{"code":"{{{new string('x', 50_000)}}}","message":"m"}}""", "Content-Type: application/json");

        var exception = await Assert.ThrowsAsync<FlowRequestException>(() => Calls.Endpoint(server.ScoringUri).HelloAsync(cancellationToken: Stop));

        Assert.Null(exception.Code);
        Assert.InRange(exception.Message.Length, 1, 250);
    }

    [Fact]
    public async Task An_answer_that_cannot_be_used_still_has_its_request_ids()
    {
        await using var cut = ReplayServer.Start(async connection =>
        {
            await connection.SendAsync("HTTP/1.1 200 OK\r\nx-request-id: theirs\r\nContent-Length: 100\r\n\r\n{\"output\"");
            connection.Cut();
        });
        await using var large = ReplayServer.Start("200 OK", "{         }", "x-request-id: theirs");
        var options = new FlowClientOptions { ClientRequestId = () => "mine", MaxResponseSize = 10 };

        foreach (var server in (ReplayServer[])[cut, large])
        {
            options.MaxResponseSize = server == cut ? 100 : 10;
            var exception = await Assert.ThrowsAsync<FlowRequestException>(() => Calls.Endpoint(server.ScoringUri, options).HelloAsync(cancellationToken: Stop));

            Assert.Equal("theirs", exception.RequestId);
            Assert.Equal("mine", exception.ClientRequestId);
        }
    }

    [Fact]
    public async Task A_missing_output_is_named()
    {
        await using var server = ReplayServer.Start("200 OK", "{}", "Content-Type: application/json");

        var exception = await Assert.ThrowsAsync<FlowContractException>(() => Calls.Endpoint(server.ScoringUri).AskAsync(Stop));

        Assert.Equal("The answer lacks the output 'answer', which is declared as string.", exception.Message);
        Assert.Equal("{}", exception.RawResponse);
    }

    [Theory]
    [InlineData("""{"category":"App","evidence":{"output":1}}""", "'category', 'evidence'")]
    [InlineData("""{"a":1,"b":1,"c":1,"d":1,"e":1,"f":1,"g":1,"h":1,"i":1}""", "'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', …")]
    public async Task The_answer_of_another_flow_is_noticed_where_every_output_may_be_missing(string body, string members)
    {
        await using var server = ReplayServer.Start("200 OK", body, "Content-Type: application/json");
        var client = new HelloClient(Calls.Endpoint(server.ScoringUri));

        var exception = await Assert.ThrowsAsync<FlowContractException>(() => client.ScoreAsync(new() { Text = "hi" }, Stop));

        Assert.Equal(
            $"The answer holds none of the flow's outputs ('output', 'count', 'types', 'passthru'), but {members}: the scoring URI may be that of another flow.",
            exception.Message);
        Assert.Equal(body, exception.RawResponse);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"more":1,"output":null}""")]
    public async Task An_answer_with_nulls_or_with_nothing_is_the_flow_s(string body)
    {
        await using var server = ReplayServer.Start("200 OK", body, "Content-Type: application/json");

        var output = await new HelloClient(Calls.Endpoint(server.ScoringUri)).ScoreAsync(new() { Text = "hi" }, Stop);

        Assert.Null(output.Output);
    }

    [Theory]
    [InlineData("", "The answer is empty, not JSON.")]
    [InlineData("[]", "The answer is not a JSON object with the flow's outputs, but an array.")]
    [InlineData("{} {}", "The answer is no JSON from line 1, byte 4 on.")]
    public async Task An_answer_that_is_no_object_is_a_contract_exception(string body, string message)
    {
        await using var server = ReplayServer.Start("200 OK", body, "Content-Type: application/json");

        var exception = await Assert.ThrowsAsync<FlowContractException>(() => Calls.Endpoint(server.ScoringUri).HelloAsync(cancellationToken: Stop));

        Assert.Equal(message, exception.Message);
    }

    [Fact]
    public async Task A_redirect_is_an_error_and_is_not_followed()
    {
        await using var server = ReplayServer.Start(Transcript.Load("fastapi_score_trailing_slash"));

        var exception = await Assert.ThrowsAsync<FlowRequestException>(() => Calls.Endpoint(server.ScoringUri).HelloAsync(cancellationToken: Stop));

        Assert.Equal(HttpStatusCode.TemporaryRedirect, exception.StatusCode);
        Assert.Single(server.Requests);
    }
}
