using System.Globalization;
using FlowBuild.Testing;

namespace FlowBuild.Client.Tests;

/// <summary>What a generated client makes of every recorded exchange: the table TranscriptOutcomes.tsv.</summary>
public sealed class TranscriptTests
{
    private static readonly IReadOnlyList<Row> Rows = ReadRows();

    public static TheoryData<string> Called { get; } = [.. Rows.Where(row => row.Call != "-").Select(row => row.Transcript)];

    [Fact]
    public void The_table_has_one_row_for_every_transcript() => Assert.Equal(Transcript.Names, Rows.Select(row => row.Transcript));

    [Fact]
    public void A_row_without_a_call_says_why() => Assert.All(Rows.Where(row => row.Call == "-"), row => Assert.NotEmpty(row.Text));

    [Theory]
    [MemberData(nameof(Called))]
    public async Task A_client_makes_of_it_what_the_table_says(string transcript)
    {
        var row = Rows.Single(candidate => candidate.Transcript == transcript);
        await using var server = ReplayServer.Start(Transcript.Load(transcript));

        Assert.Equal(row, await OutcomeAsync(row, server.ScoringUri));
    }

    [Theory]
    [InlineData("flask_missing_input", "times")]
    [InlineData("fastapi_input_name_wrong_case", "'Text'")]
    [InlineData("flask_json_array_body", "[1, 2]")]
    [InlineData("fastapi_wrong_type_list_bad_json", "[1,")]
    [InlineData("flask_stream_missing_input", "chat_history")]
    public async Task What_the_server_repeats_of_the_request_is_in_no_exception(string transcript, string sent)
    {
        var recorded = Transcript.Load(transcript);
        Assert.Contains(sent, recorded.AnswerBody, StringComparison.Ordinal);
        await using var server = ReplayServer.Start(recorded);

        var exception = await Assert.ThrowsAsync<FlowRequestException>(
            () => CallAsync(Rows.Single(row => row.Transcript == transcript), server.ScoringUri));

        Assert.DoesNotContain(sent, exception + exception.ServerMessage, StringComparison.Ordinal);
    }

    private static async Task<Row> OutcomeAsync(Row row, Uri scoringUri)
    {
        try
        {
            var answers = await CallAsync(row, scoringUri);
            return row with { Outcome = row.Call == "score" ? "value" : "updates", Status = "200", Text = string.Join(" | ", answers) };
        }
        catch (FlowRequestException exception)
        {
            return row with
            {
                Outcome = nameof(FlowRequestException),
                Status = ((int)exception.StatusCode!).ToString(CultureInfo.InvariantCulture),
                Code = exception.Code ?? "",
                Node = exception.Node ?? "",
                Text = exception.ServerMessage ?? "",
            };
        }
        catch (FlowContractException exception)
        {
            return row with { Outcome = nameof(FlowContractException), Status = "200", Text = exception.Message };
        }
        catch (InterruptedWith exception)
        {
            return row with { Outcome = nameof(FlowStreamInterruptedException), Status = "200", Text = string.Join(" | ", exception.Updates) };
        }
    }

    private static async Task<IReadOnlyList<string>> CallAsync(Row row, Uri scoringUri)
    {
        var flow = RecordedFlow.Of(row.Transcript);
        var endpoint = Calls.Endpoint(scoringUri);
        var stop = TestContext.Current.CancellationToken;
        if (row.Call == "score")
        {
            return [await flow.ScoreAsync(endpoint, stop)];
        }

        var updates = new List<string>();
        try
        {
            await foreach (var update in flow.StreamAsync!(endpoint, stop))
            {
                updates.Add(update);
            }
        }
        catch (FlowStreamInterruptedException exception)
        {
            Assert.Equal(updates.Count, exception.UpdateCount);
            throw new InterruptedWith(updates, exception);
        }

        return updates;
    }

    private static List<Row> ReadRows()
    {
        var file = Path.Combine(Repository.Root, "tests", "FlowBuild.Client.Tests", "TranscriptOutcomes.tsv");
        return
        [
            .. File.ReadLines(file)
                .Where(line => !line.StartsWith('#'))
                .Select(line => line.Split('\t'))
                .Select(cells => new Row(cells[0], cells[1], cells[2], cells[3], cells[4], cells[5], cells[6][1..^1])),
        ];
    }

    private sealed record Row(string Transcript, string Call, string Outcome, string Status, string Code, string Node, string Text);

    private sealed class InterruptedWith(IReadOnlyList<string> updates, Exception innerException) : Exception("", innerException)
    {
        public IReadOnlyList<string> Updates => updates;
    }
}
