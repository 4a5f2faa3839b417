using System.Text;
using FlowBuild.Benchmarks.Client.NSwag;

namespace FlowBuild.Benchmarks.Client;

/// <summary>One size of call: what is asked, and the bytes that come back.</summary>
internal sealed class Payload
{
    private Payload(int answerLength, int turns, int turnLength)
    {
        var history = Enumerable.Range(0, turns)
            .Select(number => new ChatTurn(new(Words(number, turnLength / 3)), new(Words(number + 7, turnLength * 2 / 3))))
            .ToList();
        Input = new ChatInput("What does the second step of it do, and why?", history);
        FlowInput = new Generated.ChatInput
        {
            Question = Input.Question,
            ChatHistory = [.. history.Select(turn => new Generated.ChatTurn { Question = turn.Inputs.Question, Answer = turn.Outputs.Answer })],
        };
        NSwagInput = new Body
        {
            Question = Input.Question,
            Chat_history =
            [
                .. history.Select(IDictionary<string, object> (turn) => new Dictionary<string, object>
                {
                    ["inputs"] = new Dictionary<string, object> { ["question"] = turn.Inputs.Question },
                    ["outputs"] = new Dictionary<string, object> { ["answer"] = turn.Outputs.Answer },
                }),
            ],
        };
        Answer = Encoding.UTF8.GetBytes($$"""{"answer":"{{Words(3, answerLength)}}","turns":{{turns}}}""");
    }

    public ChatInput Input { get; }

    public Generated.ChatInput FlowInput { get; }

    public Body NSwagInput { get; }

    public byte[] Answer { get; }

    /// <summary>Small: six turns, about 1 KB out and 420 B back. Medium: 8 KB each way. Large: 1 MB each way.</summary>
    public static Payload Of(string size) => size switch
    {
        "small" => new(400, 6, 100),
        "8 KB" => new(8_000, 12, 620),
        "1 MB" => new(1_000_000, 100, 10_000),
        _ => throw new ArgumentOutOfRangeException(nameof(size)),
    };

    /// <summary>An event stream of a thousand deltas, as the server writes it.</summary>
    public static byte[] Stream(int deltas)
    {
        var text = new StringBuilder("data: {\"turns\": 6}\n\n");
        for (var number = 0; number < deltas; number++)
        {
            text.Append("data: {\"answer\": \"").Append(Words(number, 6)).Append(" \"}\n\n");
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private static string Words(int seed, int length)
    {
        var text = new StringBuilder();
        while (text.Length < length)
        {
            text.Append((char)('a' + ((seed + text.Length) % 26))).Append(text.Length % 7 == 6 ? " " : "o");
        }

        return text.ToString(0, length);
    }
}
