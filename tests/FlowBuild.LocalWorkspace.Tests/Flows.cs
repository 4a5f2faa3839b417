namespace FlowBuild.LocalWorkspace.Tests;

/// <summary>Flow files that several tests deploy.</summary>
public static class Flows
{
    public const string Chat = """
        inputs:
          chat_history:
            type: list
            default: []
            is_chat_history: true
          question:
            type: string
            is_chat_input: true
        outputs:
          answer:
            type: string
            reference: ${chat.output}
            is_chat_output: true
        nodes:
        - name: chat
          type: llm
          source:
            type: code
            path: chat.jinja2
          inputs:
            deployment_name: gpt
            question: ${inputs.question}
            chat_history: ${inputs.chat_history}
          connection: open_ai
          api: chat
        """;

    public const string Classify = """
        inputs:
          url: {type: string}
          limit: {type: int, default: 3}
        outputs:
          category: {type: string, reference: "${classify.output.category}"}
          score: {type: double, reference: "${classify.output.score}"}
          evidence: {type: list, reference: "${classify.output.evidence}"}
          hidden: {type: string, reference: "${classify.output.hidden}", evaluation_only: true}
        nodes:
        - {name: classify, type: python, source: {type: code, path: classify.py}, inputs: {url: "${inputs.url}", limit: "${inputs.limit}"}}
        """;
}
