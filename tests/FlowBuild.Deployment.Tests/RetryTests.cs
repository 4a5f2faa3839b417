namespace FlowBuild.Deployment.Tests;

/// <summary>Every call that is sent again is said: which, why, and when.</summary>
public sealed class RetryTests
{
    [Theory]
    [InlineData("\"action\": \"Fail\", \"status\": 503, \"code\": \"ServiceUnavailable\"", "GET", "onlineEndpoints/basic-chat-endpoint$|onlineEndpoints/basic-chat-endpoint\\\\?", "GET onlineEndpoints/basic-chat-endpoint: HTTP 503, again in about 0 s (try 2 of 3)")]
    [InlineData("\"action\": \"Throttle\", \"seconds\": 1", "PUT", "deployments/blue", "PUT onlineEndpoints/basic-chat-endpoint/deployments/blue: HTTP 429, again in about 1 s (try 2 of 3)")]
    [InlineData("\"action\": \"Fail\", \"status\": 500", "POST", "listKeys", "POST onlineEndpoints/basic-chat-endpoint/listKeys: HTTP 500, again in about 0 s (try 2 of 3)")]
    [InlineData("\"action\": \"Throttle\"", "PUT", "^/flowbuildlocal/", "HTTP 503 ServerBusy, again in about 0 s (try 2 of 3)")]
    [InlineData("\"action\": \"Throttle\"", "GET", "^/flowbuildlocal/.*comp=list", "GET 127.0.0.1/flowbuildlocal/azureml-blobstore-local: HTTP 503 ServerBusy, again in about 0 s (try 2 of 3)")]
    [InlineData("\"action\": \"Fail\", \"status\": 502", "GET", "odidp:", "GET mfeOperationsStatus/odidp:")]
    [InlineData("\"action\": \"Cut\"", "PUT", "models/basic-chat-model", "PUT models/basic-chat-model/versions/1: no answer (")]
    public async Task A_call_that_is_sent_again_says_which_one_why_and_when(string fault, string method, string path, string says)
    {
        await using var chat = await BasicChat.StartAsync();
        await chat.SetFaultsAsync($$"""{ "calls": [ { {{fault}}, "method": "{{method}}", "path": "{{path}}" } ] }""");

        var (log, deployed) = await chat.DeployAsync();

        Assert.Equal(100, deployed.TrafficPercent);
        Assert.Single(log.Lines, line => line.Contains(says, StringComparison.Ordinal));
        Assert.DoesNotContain(log.Lines, static line => line.Contains("again in", StringComparison.Ordinal) && line.Contains('?', StringComparison.Ordinal));
    }

    [Fact]
    public async Task Calls_side_by_side_that_fail_together_share_a_line_for_each_wait()
    {
        // The pauses are long against the time in which the calls of one round fail.
        await using var chat = await BasicChat.StartAsync(patience: BasicChat.Impatience with { RetryDelay = TimeSpan.FromSeconds(1) });
        for (var i = 0; i < 20; i++)
        {
            chat.Write($"basic-chat/{i}.txt", $"{i}");
        }

        await chat.SetFaultsAsync("""{ "calls": [ { "action": "Fail", "status": 503, "method": "PUT", "path": "^/flowbuildlocal/.*txt", "times": 40 } ] }""");

        var (log, _) = await chat.DeployAsync();

        var said = log.Lines.Where(static line => line.Contains("again in about", StringComparison.Ordinal)).ToList();
        Assert.InRange(said.Count, 2, 3);
        Assert.EndsWith("(try 2 of 3)", said[0], StringComparison.Ordinal);
        Assert.EndsWith("(try 3 of 3)", said[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wait_that_lasts_longer_than_the_one_that_was_said_is_said_too()
    {
        await using var chat = await BasicChat.StartAsync(patience: BasicChat.Impatience with { RetryDelay = TimeSpan.FromSeconds(1) });
        for (var i = 0; i < 9; i++)
        {
            chat.Write($"basic-chat/{i}.txt", $"{i}");
        }

        await chat.SetFaultsAsync("""
            { "calls": [
              { "action": "Fail", "status": 503, "method": "PUT", "path": "^/flowbuildlocal/.*[0-7].txt", "times": 8 },
              { "action": "Throttle", "seconds": 4, "method": "PUT", "path": "^/flowbuildlocal/.*8.txt" } ] }
            """);

        var (log, _) = await chat.DeployAsync();

        Assert.Single(log.Lines, static line => line.Contains("8.txt: HTTP 503 ServerBusy, again in about 4 s", StringComparison.Ordinal));
    }
}
