using System.Text;
using System.Text.RegularExpressions;
using FlowBuild.Generator.Emit;
using FlowBuild.Generator.Tests.Harness;
using FlowBuild.Testing;
using Microsoft.CodeAnalysis.Testing;
using Microsoft.CodeAnalysis.Text;

namespace FlowBuild.Generator.Tests;

/// <summary>
/// Generated files as approved by a reader. After a wanted change, <c>FLOWBUILD_APPROVE=1</c> writes them anew; the difference is then
/// reviewed like any code.
/// </summary>
public sealed class ApprovedCodeTests
{
    [Fact]
    public async Task The_code_of_the_basic_chat_is_as_approved()
    {
        var folder = Path.Combine(Repository.Root, "tests", "FlowBuild.Generator.Tests", "Fixtures", "chat-basic");
        var yaml = await File.ReadAllTextAsync(Path.Combine(folder, "flow.dag.yaml"), TestContext.Current.CancellationToken);
        if (Environment.GetEnvironmentVariable("FLOWBUILD_APPROVE") == "1")
        {
            foreach (var (name, text) in new FlowProject().Flow("chat-basic/flow.dag.yaml", yaml).Run().Sources)
            {
                await File.WriteAllTextAsync(Path.Combine(folder, name), text, TestContext.Current.CancellationToken);
            }
        }

        var test = new FlowGeneratorTest { TestBehaviors = TestBehaviors.None }.Add("chat-basic/flow.dag.yaml", yaml);
        foreach (var part in new[] { "Contracts", "Client" })
        {
            var name = $"ChatBasic.{part}.g.cs";
            var approved = await File.ReadAllTextAsync(Path.Combine(folder, name), TestContext.Current.CancellationToken);

            // A release changes the version in the text, and nothing else by that.
            approved = Regex.Replace(approved, @"\[global::System\.CodeDom\.Compiler\.GeneratedCode\(""FlowBuild"", ""[0-9.]+""\)\]", FlowEmitter.GeneratedCode);
            test.TestState.GeneratedSources.Add((typeof(FlowGenerator), name, SourceText.From(approved, Encoding.UTF8)));
        }

        await test.VerifyAsync();
    }
}
