using FlowBuild.Testing;

namespace FlowBuild.Benchmarks.Generator;

/// <summary>The two recorded flows, and the swagger that the real server gave for each.</summary>
internal static class RecordedFlows
{
    public static string Hello { get; } = Yaml("hello");

    public static string HelloSwagger { get; } = Transcript.Load("fastapi_swagger").AnswerBody;

    public static string Chat { get; } = Yaml("stream");

    public static string ChatSwagger { get; } = Transcript.Load("fastapi_chat_swagger").AnswerBody;

    private static string Yaml(string name) => File.ReadAllText(Path.Combine(Transcript.Folder, "flows", name + ".flow.dag.yaml"));
}
