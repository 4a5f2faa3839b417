using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using FlowBuild.Testing;

namespace FlowBuild.LocalWorkspace.Tests.Page;

/// <summary>The page as a person uses it, in a browser.</summary>
public sealed class PageBrowserTests(Browser browser) : IClassFixture<Browser>
{
    private const string EveryType = """
        inputs:
          question: {type: string, description: What is asked.}
          limit: {type: int}
          temperature: {type: double}
          verbose: {type: bool}
          tags: {type: list}
          options: {type: object}
          picture: {type: image}
          tone: {type: string, default: friendly}
        outputs:
          answer: {type: string, reference: "${answer.output}"}
          count: {type: int, reference: "${answer.output.count}"}
        nodes:
        - {name: answer, type: python, source: {type: code, path: answer.py}, inputs: {question: "${inputs.question}"}}
        """;

    private const string Script = "<img src=x onerror=\"document.title='pwned'\"><script>document.title='pwned'</script>";

    private static readonly JsonObject ChatProperties = new()
    {
        ["azureml.promptflow.mode"] = "chat", ["azureml.promptflow.chat_input"] = "question", ["azureml.promptflow.chat_output"] = "answer",
    };

    [Fact]
    public async Task A_chat_of_three_turns_sends_the_turns_before()
    {
        var turn = 0;
        string[] answers =
        [
            "A prompt flow is a graph of prompts, models and Python code that an endpoint serves.",
            "Two: one output streams, the other comes whole.",
            "You are welcome.",
        ];
        await using var server = ReplayServer.Start(connection => StreamAsync(connection, "answer", answers[turn++]));
        await using var workspace = await ChatAsync(server.Origin.ToString());
        await OpenAsync(workspace, "test");

        string[] questions = ["What is a prompt flow?", "How many outputs does this one have?", "Thank you!"];
        foreach (var (question, answer) in questions.Zip(answers))
        {
            await browser.RunAsync($$"""
                await page.getByPlaceholder('Write a message').fill({{JsonSerializer.Serialize(question)}});
                await page.getByRole('button', { name: 'Send' }).click();
                """);
            await browser.SeeAsync(".turn[data-from=flow][aria-busy=false]", answer);
        }

        var sent = server.Requests.Select(static r => JsonNode.Parse(r.Body)!).ToList();
        Assert.Equal(questions, sent.Select(static body => body["question"]!.GetValue<string>()));
        Assert.Equal([0, 1, 2], sent.Select(static body => body["chat_history"]!.AsArray().Count));
        Assert.True(JsonNode.DeepEquals(
            Turn(questions[1], answers[1]), sent[2]["chat_history"]![1]));
        await browser.RunAsync("await page.getByRole('tab', { name: 'C#' }).click(); await page.getByPlaceholder('Write a message').fill('And a fourth one')");
        await browser.SeeAsync("pre.code", "new ChatFlowTurn { Question = \"Thank you!\", Answer = \"You are welcome.\" }");
        await browser.SeeAsync("pre.code", "await foreach (var update in client.StreamAsync(");
        await browser.PictureAsync("chat");
        Assert.Empty(await browser.ComplaintsAsync());
    }

    [Fact]
    public async Task A_made_up_answer_says_so()
    {
        await using var workspace = await ChatAsync(null);
        await OpenAsync(workspace, "test");

        await browser.RunAsync("""
            await page.getByPlaceholder('Write a message').fill('Who are you?');
            await page.keyboard.press('Enter');
            """);

        await browser.SeeAsync(".turn[data-from=flow] .badge", "made up");
        await browser.SeeAsync(".turn[data-from=flow] .text", "the local workspace knows its contract and asks no model");
        Assert.Empty(await browser.ComplaintsAsync());
    }

    [Fact]
    public async Task A_stream_is_seen_growing()
    {
        var pieces = new[] { "One", " two", " three" };
        using var next = new SemaphoreSlim(0);
        await using var server = ReplayServer.Start(async connection =>
        {
            await connection.StartChunksAsync();
            foreach (var piece in pieces)
            {
                await next.WaitAsync(connection.Stopping);
                await connection.SendChunkAsync($"data: {JsonSerializer.Serialize(new { answer = piece })}\n\n");
            }

            await next.WaitAsync(connection.Stopping);
            await connection.EndChunksAsync();
        });
        await using var workspace = await ChatAsync(server.Origin.ToString());
        await OpenAsync(workspace, "test");
        await browser.RunAsync("""
            await page.getByPlaceholder('Write a message').fill('Count');
            await page.getByRole('button', { name: 'Send' }).click();
            """);

        var grown = "";
        foreach (var piece in pieces)
        {
            next.Release();
            grown += piece;
            await browser.RunAsync($"await page.waitForFunction(text => document.querySelector('.turn[data-from=flow][aria-busy=true] .text')?.textContent === text, {JsonSerializer.Serialize(grown)})");
            Assert.Equal("Stop", await browser.TextAsync(".composer button"));
        }

        await browser.PictureAsync("stream");
        next.Release();
        await browser.SeeAsync(".turn[data-from=flow][aria-busy=false] .text", "One two three");
        Assert.Equal("Send", await browser.TextAsync(".composer button"));
    }

    [Fact]
    public async Task An_error_of_the_flow_is_shown_with_its_own_status_and_the_message_can_be_mended()
    {
        await using var server = ReplayServer.Start(
            "400 Bad Request", """{"error":{"code":"UserError","message":"Execution failure in 'chat': (WrappedOpenAIError) The key is wrong."}}""", "Content-Type: application/json");
        await using var workspace = await ChatAsync(server.Origin.ToString());
        await OpenAsync(workspace, "test");

        await browser.RunAsync("""
            await page.getByPlaceholder('Write a message').fill('What is a prompt flow?');
            await page.getByRole('button', { name: 'Send' }).click();
            """);

        await browser.SeeAsync("[role=alert]", "UserError (the flow’s own status is 400)");
        await browser.SeeAsync("[role=alert]", "Execution failure in 'chat': (WrappedOpenAIError) The key is wrong.");
        Assert.Equal("What is a prompt flow?", (await browser.RunAsync("return await page.getByPlaceholder('Write a message').inputValue()"))!.GetValue<string>());
        await browser.PictureAsync("error");
    }

    [Fact]
    public async Task A_stream_that_is_cut_keeps_what_arrived()
    {
        using var seen = new SemaphoreSlim(0);
        await using var server = ReplayServer.Start(async connection =>
        {
            await connection.StartChunksAsync();
            await connection.SendChunkAsync("data: {\"answer\": \"Half an ans\"}\n\n");
            await seen.WaitAsync(connection.Stopping);
            connection.Cut();
        });
        await using var workspace = await ChatAsync(server.Origin.ToString());
        await OpenAsync(workspace, "test");

        await browser.RunAsync("""
            await page.getByPlaceholder('Write a message').fill('q');
            await page.keyboard.press('Enter');
            """);

        await browser.SeeAsync(".turn[data-from=flow][aria-busy=true] .text", "Half an ans");
        seen.Release();
        await browser.SeeAsync("[role=alert]", "The stream was cut before its end.");
        await browser.SeeAsync(".turn[data-from=flow] .text", "Half an ans");
    }

    [Fact]
    public async Task A_form_with_every_type_sends_what_is_written_and_shows_the_same_call_in_CSharp()
    {
        await using var server = ReplayServer.Start("200 OK", """{"answer":"A cat on a mat.","count":9007199254740993}""", "Content-Type: application/json");
        await using var workspace = await RunningWorkspace.StartAsync(server.Origin.ToString());
        var model = await workspace.RegisterFlowAsync(
            "m", "1", "every-type", ("flow.dag.yaml", EveryType), ("samples.json", """[{"question":"What is in the picture?","limit":3,"tags":["a","b"]}]"""));
        using var client = await workspace.DeployAsync("my-endpoint", model);
        await OpenAsync(workspace, "test", height: 1200);

        // What the first row of samples.json holds is there already; what does not fit is told at its field.
        await browser.SeeAsync(".field[data-type=int]", "limit");
        await browser.RunAsync("""
            await page.getByLabel('limit', { exact: true }).fill('three');
            await page.getByLabel('options', { exact: true }).fill('{no json');
            await page.getByRole('button', { name: 'Send' }).click();
            """);
        await browser.SeeAsync(".field[data-type=int] .problem", "Write a whole number");
        await browser.SeeAsync(".field[data-type=double] .problem", "Write a number");
        await browser.SeeAsync(".field[data-type=object] .problem", "Write JSON");
        await browser.SeeAsync(".field[data-type=image] .problem", "Choose a file");
        Assert.Equal("limit", (await browser.RunAsync("return await page.evaluate(() => document.activeElement.name)"))!.GetValue<string>());
        Assert.Empty(server.Requests);
        await browser.PictureAsync("form-problems");

        await browser.RunAsync("""
            await page.getByLabel('limit', { exact: true }).fill('9007199254740993');
            await page.getByLabel('temperature', { exact: true }).fill('0.5');
            await page.getByLabel('verbose', { exact: true }).selectOption('false');
            await page.getByLabel('options', { exact: true }).fill('{"style": "short"}');
            await page.getByLabel('File for picture').setInputFiles({ name: 'cat.png', mimeType: 'image/png', buffer: Buffer.from([137, 80, 78, 71]) });
            await page.getByRole('tab', { name: 'C#' }).click();
            """);
        await browser.SeeAsync("pre.code", "Limit = 9007199254740993");
        await browser.SeeAsync("pre.code", "FlowImage.FromBytes(Convert.FromBase64String(\"iVBORw==\"), \"image/png\")");
        await browser.RunAsync("await page.getByLabel('question', { exact: true }).press('Control+Enter')");
        await browser.SeeAsync(".outputs", "A cat on a mat.");
        await browser.SeeAsync(".outputs", "9007199254740993");

        Assert.Equal(
            """{"question":"What is in the picture?","limit":9007199254740993,"temperature":0.5,"verbose":false,"tags":["a","b"],"options":{"style":"short"},"picture":{"data:image/png;base64":"iVBORw=="}}""",
            JsonNode.Parse(Assert.Single(server.Requests).Body)!.ToJsonString());
        await browser.PictureAsync("form");
        Assert.Empty(await browser.ComplaintsAsync());
    }

    [Fact]
    public async Task A_chat_that_takes_images_sends_them_and_shows_those_of_the_answer()
    {
        const string Png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
        await using var server = ReplayServer.Start(
            "200 OK", new JsonObject { ["answer"] = "One pixel.", ["picture"] = new JsonObject { ["data:image/png;base64"] = Png } }.ToJsonString(), "Content-Type: application/json");
        await using var workspace = await RunningWorkspace.StartAsync(server.Origin.ToString());
        var flow = Flows.Chat.Replace("type: string\n    is_chat_input", "type: list\n    is_chat_input", StringComparison.Ordinal)
            .Replace("nodes:", "  picture: {type: image, reference: \"${chat.output.picture}\"}\nnodes:", StringComparison.Ordinal);
        var model = await workspace.RegisterFlowAsync("m", "1", "chat-flow", ChatProperties.DeepClone().AsObject(), ("flow.dag.yaml", flow));
        using var client = await workspace.DeployAsync("chat-endpoint", model);
        await OpenAsync(workspace, "test");

        await browser.RunAsync($$"""
            await page.getByLabel('Images for the message').setInputFiles({ name: 'a.png', mimeType: 'image/png', buffer: Buffer.from('{{Png}}', 'base64') });
            await page.getByPlaceholder('Write a message').fill('What is this?');
            await page.keyboard.press('Enter');
            """);
        await browser.SeeAsync(".turn[data-from=flow][aria-busy=false] .text", "One pixel.");
        await browser.RunAsync("""
            await page.getByText('Other outputs').click();
            await page.waitForFunction(() => [...document.querySelectorAll('.turn img')].filter(image => image.naturalWidth === 1).length === 2);
            """);

        var question = JsonNode.Parse(Assert.Single(server.Requests).Body)!["question"]!.AsArray();
        Assert.Equal((Png, "What is this?"), (question[0]!["data:image/png;base64"]!.GetValue<string>(), question[1]!.GetValue<string>()));
        Assert.Empty(await browser.ComplaintsAsync());
    }

    [Fact]
    public async Task A_flow_that_declares_no_inputs_takes_any_object()
    {
        await using var server = ReplayServer.Start("200 OK", "[1, 2]", "Content-Type: application/json");
        await using var workspace = await RunningWorkspace.StartAsync(server.Origin.ToString());
        var model = await workspace.RegisterFlowAsync("m", "1", "any", ("flow.flex.yaml", "entry: entry:run\n"), ("entry.py", ""));
        using var client = await workspace.DeployAsync("my-endpoint", model);
        await OpenAsync(workspace, "test");

        await browser.RunAsync("""
            await page.getByLabel('Body', { exact: true }).fill('{"a": [1]}');
            await page.getByRole('tab', { name: 'C#' }).click();
            """);
        await browser.SeeAsync("pre.code", "await foreach (var update in client.StreamAsync(JsonNode.Parse(");
        await browser.RunAsync("await page.getByRole('button', { name: 'Send' }).click()");

        await browser.SeeAsync(".outputs dt", "result");
        Assert.Equal("""{"a": [1]}""", Assert.Single(server.Requests).Body);
    }

    [Fact]
    public async Task A_change_of_the_traffic_is_seen_live()
    {
        await using var workspace = await ChatAsync(null);
        var model = (await workspace.GetAsync("onlineEndpoints/chat-endpoint/deployments/blue")).Body!["properties"]!["model"]!.GetValue<string>();
        await workspace.PutAndSettleAsync("onlineEndpoints/chat-endpoint/deployments/green", RunningWorkspace.Deployment(model));
        await workspace.SetFaultsAsync("""{"operations":[{"kind":"PutDeployment","deployment":"next","code":"ImageBuildFailure","message":"No."}]}""");
        Assert.Equal("Failed", await workspace.PutAndSettleAsync("onlineEndpoints/chat-endpoint/deployments/next", RunningWorkspace.Deployment(model)));
        await OpenAsync(workspace, "overview");
        await browser.SeeAsync("tbody tr:nth-child(1)", "100 %");
        await browser.SeeAsync("tbody tr:nth-child(2)", "0 %");

        await workspace.PutAndSettleAsync("onlineEndpoints/chat-endpoint", RunningWorkspace.Endpoint(traffic: [("blue", 70), ("green", 30)]));

        await browser.SeeAsync("tbody tr:nth-child(1)", "70 %");
        await browser.SeeAsync("tbody tr:nth-child(2)", "30 %");
        await browser.SeeAsync("#connection", "Live");
        Assert.Equal(
            "Traffic of chat-endpoint: blue 70 %, green 30 %", (await browser.RunAsync("return await page.locator('#announcement').textContent()"))!.GetValue<string>());
        await browser.PictureAsync("overview");
    }

    [Fact]
    public async Task A_conversation_outlives_a_change_that_does_not_touch_its_flow()
    {
        await using var workspace = await ChatAsync(null);
        await OpenAsync(workspace, "test");
        await browser.RunAsync("""
            await page.getByPlaceholder('Write a message').fill('Hello');
            await page.keyboard.press('Enter');
            """);
        await browser.SeeAsync(".turn[data-from=flow][aria-busy=false] .badge", "made up");

        var model = (await workspace.GetAsync("onlineEndpoints/chat-endpoint/deployments/blue")).Body!["properties"]!["model"]!.GetValue<string>();
        await workspace.PutAndSettleAsync("onlineEndpoints/chat-endpoint/deployments/blue", RunningWorkspace.Deployment(model, ("GREETING", "hello")));
        await workspace.PutAndSettleAsync("onlineEndpoints/chat-endpoint", RunningWorkspace.Endpoint());
        await browser.RunAsync("await page.getByRole('tab', { name: 'Overview' }).click()");
        await browser.SeeAsync(".hint", "No deployment has traffic");
        await browser.RunAsync("await page.getByRole('tab', { name: 'Test' }).click()");

        await browser.SeeAsync(".turn[data-from=you] .text", "Hello");
    }

    [Fact]
    public async Task A_long_stream_that_comes_at_once_does_not_stop_the_page()
    {
        const int Pieces = 40_000;
        var piece = "data: {\"answer\": \"word \"}\n\n";
        await using var server = ReplayServer.Start(async connection =>
        {
            await connection.StartChunksAsync();
            for (var sent = 0; sent < Pieces; sent += 400)
            {
                await connection.SendChunkAsync(string.Concat(Enumerable.Repeat(piece, 400)));
            }

            await connection.EndChunksAsync();
        });
        await using var workspace = await ChatAsync(server.Origin.ToString());
        await OpenAsync(workspace, "test");

        await browser.RunAsync("""
            await page.getByPlaceholder('Write a message').fill('q');
            await page.keyboard.press('Enter');
            """);

        await browser.SeeAsync(".turn[data-from=flow][aria-busy=false] .summary", "200");
        Assert.Equal(
            Pieces * "word ".Length, (await browser.RunAsync("return await page.locator('.turn[data-from=flow] .text').evaluate(e => e.textContent.length)"))!.GetValue<int>());
    }

    [Fact]
    public async Task Pages_that_nobody_sees_leave_the_browsers_connections_to_the_one_that_is_seen()
    {
        await using var workspace = await ChatAsync(null);
        await OpenAsync(workspace, "log");
        await browser.SeeAsync(".log", "Listening at");

        // Six connections are all that a browser opens; two a page are three pages.
        await browser.RunAsync("""
            const hide = isHidden => page => page.evaluate(isHidden => {
              Object.defineProperty(document, 'hidden', { value: isHidden, configurable: true });
              document.dispatchEvent(new Event('visibilitychange'));
            }, isHidden);
            const address = page.url();
            await hide(true)(page);
            for (let i = 0; i < 7; i++) {
              const next = await page.context().newPage();
              await next.goto(address);
              await next.locator('.log').filter({ hasText: 'Listening at' }).waitFor();
              await hide(true)(next);
            }
            await hide(false)(page);
            """);
        await workspace.PutAndSettleAsync("onlineEndpoints/chat-endpoint", RunningWorkspace.Endpoint());
        await browser.RunAsync("await page.getByRole('tab', { name: 'Overview' }).click()");

        await browser.SeeAsync(".hint", "No deployment has traffic");
    }

    [Fact]
    public async Task The_form_is_that_of_the_flow_that_has_the_traffic()
    {
        await using var workspace = await ChatAsync(null);
        var other = await workspace.RegisterFlowAsync("other", "1", "every-type", ("flow.dag.yaml", EveryType));
        Assert.Equal("Succeeded", await workspace.PutAndSettleAsync("onlineEndpoints/chat-endpoint/deployments/green", RunningWorkspace.Deployment(other)));
        await OpenAsync(workspace, "test");
        await browser.SeeAsync(".composer", "Send");

        await workspace.PutAndSettleAsync("onlineEndpoints/chat-endpoint", RunningWorkspace.Endpoint(traffic: [("green", 100)]));

        await browser.SeeAsync(".field[data-type=int]", "limit");
    }

    [Fact]
    public async Task An_image_that_has_gone_since_it_was_chosen_is_told_and_can_be_chosen_again()
    {
        using var folder = new TemporaryFolder();
        var file = folder.Write("cat.png", "not really");
        await using var workspace = await RunningWorkspace.StartAsync();
        var model = await workspace.RegisterFlowAsync("m", "1", "picture", ("flow.dag.yaml", """
            inputs:
              picture: {type: image}
            outputs:
              answer: {type: string, reference: "${answer.output}"}
            nodes:
            - {name: answer, type: python, source: {type: code, path: answer.py}, inputs: {picture: "${inputs.picture}"}}
            """));
        using var client = await workspace.DeployAsync("my-endpoint", model);
        await OpenAsync(workspace, "test");
        await browser.RunAsync($"await page.getByLabel('File for picture').setInputFiles({JsonSerializer.Serialize(file)})");
        File.Delete(file);

        await browser.RunAsync("await page.getByRole('button', { name: 'Send' }).click()");
        await browser.SeeAsync(".field .problem", "choose it again");
        await browser.RunAsync("""
            await page.getByLabel('File for picture').setInputFiles({ name: 'a.png', mimeType: 'image/png', buffer: Buffer.from([137, 80, 78, 71]) });
            await page.getByRole('button', { name: 'Send' }).click();
            """);

        await browser.SeeAsync(".summary", "made up");
    }

    [Fact]
    public async Task An_address_that_is_none_says_so()
    {
        await using var workspace = await ChatAsync(null);
        await OpenAsync(workspace, "test");
        await browser.SeeAsync("#connection", "Live");

        await browser.RunAsync("await page.evaluate(() => { location.hash = '#/%/test'; })");

        await browser.SeeAsync(".empty", "There is no endpoint '%'.");
    }

    [Fact]
    public async Task An_input_may_have_any_name()
    {
        await using var workspace = await RunningWorkspace.StartAsync();
        var model = await workspace.RegisterFlowAsync("m", "1", "names", ("flow.dag.yaml", """
            inputs:
              requestSubmit: {type: string}
              constructor: {type: string}
            outputs:
              toString: {type: string, reference: "${inputs.requestSubmit}"}
              constructor: {type: string, reference: "${inputs.constructor}"}
            nodes: []
            """));
        using var client = await workspace.DeployAsync("my-endpoint", model);
        await OpenAsync(workspace, "test");

        await browser.RunAsync("""
            await page.getByLabel('requestSubmit').fill('first');
            await page.getByLabel('constructor').fill('second');
            await page.keyboard.press('Control+Enter');
            """);

        await browser.SeeAsync(".outputs", "first");
        await browser.SeeAsync(".outputs", "second");
        Assert.Empty(await browser.ComplaintsAsync());
    }

    [Fact]
    public async Task Script_in_an_answer_or_a_log_is_text()
    {
        await using var server = ReplayServer.Start("200 OK", new JsonObject { ["answer"] = Script, [Script] = Script }.ToJsonString(), "Content-Type: application/json");
        await using var workspace = await ChatAsync(server.Origin.ToString());
        var model = (await workspace.GetAsync("onlineEndpoints/chat-endpoint/deployments/blue")).Body!["properties"]!["model"]!.GetValue<string>();
        await workspace.SetFaultsAsync(new JsonObject
        {
            ["operations"] = new JsonArray(new JsonObject { ["kind"] = "PutDeployment", ["deployment"] = "bad", ["code"] = "Bad", ["message"] = Script, ["inferenceServerLog"] = Script }),
        }.ToJsonString());
        await workspace.PutAndSettleAsync("onlineEndpoints/chat-endpoint/deployments/bad", RunningWorkspace.Deployment(model));
        await OpenAsync(workspace, "test");
        await browser.RunAsync($$"""
            await page.getByPlaceholder('Write a message').fill({{JsonSerializer.Serialize(Script)}});
            await page.keyboard.press('Enter');
            """);
        await browser.SeeAsync(".turn[data-from=flow][aria-busy=false] .text", Script);
        await browser.SeeAsync(".turn[data-from=you] .text", Script);
        await browser.RunAsync("await page.getByText('Other outputs').click()");
        await browser.SeeAsync(".turn dt", Script);

        await browser.RunAsync("await page.getByRole('tab', { name: 'Log' }).click(); await page.getByLabel('Deployment').and(page.locator('select:visible')).selectOption('bad')");
        await browser.SeeAsync(".log", Script);

        Assert.Equal(0, (await browser.RunAsync("return await page.locator('main script, img[src=x]').count()"))!.GetValue<int>());
        Assert.Equal("chat-endpoint · FlowBuild local workspace", (await browser.RunAsync("return await page.title()"))!.GetValue<string>());
        Assert.Empty(await browser.ComplaintsAsync());
    }

    [Fact]
    public async Task The_policy_stops_markup_that_a_script_would_write()
    {
        await using var workspace = await ChatAsync(null);
        await OpenAsync(workspace, "overview");

        var outcome = await browser.RunAsync("""
            return await page.evaluate(markup => {
              try { document.querySelector('main').innerHTML = markup; return 'written'; } catch (error) { return error.name; }
            }, '<b>x</b>');
            """);

        Assert.Equal("TypeError", outcome!.GetValue<string>());
    }

    [Fact]
    public async Task The_log_grows_while_it_is_looked_at()
    {
        await using var workspace = await ChatAsync(null);
        await OpenAsync(workspace, "log");
        await browser.SeeAsync(".log", "Listening at");

        using var client = await workspace.ScoringAsync("chat-endpoint");
        Assert.Equal(200, (await client.ScoreAsync("""{"question":"q"}""")).Status);

        await browser.SeeAsync(".log", "\"POST /score\" 200");
        await browser.PictureAsync("log");
    }

    [Fact]
    public async Task The_flow_is_drawn_with_its_nodes_and_references()
    {
        await using var workspace = await RunningWorkspace.StartAsync();
        var model = await workspace.RegisterFlowAsync("m", "1", "support-assistant", ("flow.dag.yaml", """
            description: Answers questions of customers from the handbook, and says where it looked.
            inputs:
              question: {type: string, is_chat_input: true}
              chat_history: {type: list, default: [], is_chat_history: true}
              language: {type: string, default: en}
            outputs:
              answer: {type: string, reference: "${answer.output}", is_chat_output: true}
              sources: {type: list, reference: "${search.output}"}
            nodes:
            - {name: rewrite, type: llm, source: {type: code, path: rewrite.jinja2}, inputs: {deployment_name: gpt, question: "${inputs.question}", chat_history: "${inputs.chat_history}"}, connection: open_ai, api: chat}
            - {name: embed, type: python, source: {type: code, path: embed.py}, inputs: {text: "${rewrite.output}"}}
            - {name: search, type: python, source: {type: code, path: search.py}, inputs: {vector: "${embed.output}"}}
            - {name: is_safe, type: python, source: {type: code, path: safe.py}, inputs: {text: "${inputs.question}"}}
            - {name: prompt, type: prompt, source: {type: code, path: prompt.jinja2}, inputs: {found: "${search.output}", language: "${inputs.language}"}}
            - {name: answer, type: llm, source: {type: code, path: answer.jinja2}, inputs: {deployment_name: gpt, prompt: "${prompt.output}", question: "${inputs.question}"}, connection: open_ai, api: chat, activate: {when: "${is_safe.output}", is: true}}
            """));
        using var client = await workspace.DeployAsync("support", model);
        await OpenAsync(workspace, "flow", "support", height: 1400);

        await browser.SeeAsync("h3", "support-assistant");
        Assert.Equal(
            ["question", "chat_history", "language", "rewrite", "embed", "search", "is_safe", "prompt", "answer", "answer", "sources"],
            (await browser.RunAsync("return await page.locator('.box .name').allTextContents()")).Deserialize<string[]>()!.OrderBy(Declared), StringComparer.Ordinal);
        Assert.Equal(12, (await browser.RunAsync("return await page.locator('.edge').count()"))!.GetValue<int>());
        Assert.Equal(1, (await browser.RunAsync("return await page.locator('.edge.condition').count()"))!.GetValue<int>());
        await browser.PictureAsync("flow");

        static int Declared(string name) => Array.IndexOf(
            ["question", "chat_history", "language", "rewrite", "embed", "search", "is_safe", "prompt", "answer", "sources"], name);
    }

    [Fact]
    public async Task The_keyboard_reaches_everything()
    {
        await using var workspace = await ChatAsync(null);
        await OpenAsync(workspace, "overview");
        await browser.SeeAsync("[role=tab]", "Overview");

        await browser.RunAsync("""
            await page.getByRole('tab', { name: 'Overview' }).focus();
            await page.keyboard.press('ArrowRight');
            """);
        await browser.SeeAsync(".composer", "Send");
        var reached = new List<string>();
        for (var i = 0; i < 14; i++)
        {
            reached.Add((await browser.RunAsync("""
                await page.keyboard.press('Tab');
                return await page.evaluate(() => {
                  const e = document.activeElement;
                  return e.getAttribute('aria-label') ?? (e.labels?.[0]?.textContent || e.textContent.trim());
                });
                """))!.GetValue<string>());
        }

        foreach (var control in (string[])["Deployment", "Stream", "New conversation", "Conversation", "question", "Send", "JSON", "The request as JSON", "Copy the request"])
        {
            Assert.Contains(control, reached);
        }

        // Every control has a name that is spoken.
        Assert.Equal(0, (await browser.RunAsync("""
            return await page.evaluate(() => [...document.querySelectorAll('button, input, select, textarea, a, [tabindex="0"]')].filter(e =>
              !(e.getAttribute('aria-label') ?? e.getAttribute('aria-labelledby') ?? (e.labels?.[0]?.textContent || e.textContent.trim()))).length);
            """))!.GetValue<int>());
    }

    [Fact]
    public async Task A_form_that_another_page_sends_by_itself_is_refused_by_the_workspace()
    {
        await using var workspace = await ChatAsync(null);
        await OpenAsync(workspace, "overview");
        await browser.SeeAsync("#connection", "Live");
        var target = new Uri(workspace.Host.Scoring, "/page/api/endpoints/chat-endpoint/score");
        // On another port of the same address, where browsers send the cookie along.
        await using var foreign = ReplayServer.Start("200 OK", $"""
            <form method="post" enctype="text/plain" action="{target}"><input name='{"{"}"question":"' value='"{"}"}'></form><script>document.forms[0].submit()</script>
            """, "Content-Type: text/html");

        await browser.RunAsync($$"""
            await page.goto('{{foreign.Origin}}');
            await page.waitForURL('{{target}}');
            """);

        Assert.Contains("answers programs of this machine only", await browser.TextAsync("body"), StringComparison.Ordinal);
        var log = await workspace.PostAsync("onlineEndpoints/chat-endpoint/deployments/blue/getLogs", new JsonObject());
        Assert.DoesNotContain("POST /score", log.Body!["content"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_used_link_and_a_page_without_a_session_say_how_to_get_in()
    {
        await using var workspace = await ChatAsync(null);
        var link = await PageVisitor.LinkAsync(workspace);
        await browser.OpenAsync(link);
        await browser.SeeAsync("#connection", "Live");

        await browser.OpenAsync(link);
        Assert.Equal("This link no longer works", await browser.TextAsync("h1"));
        await browser.PictureAsync("used");
        await browser.OpenAsync(workspace.Host.Scoring);
        Assert.Equal("This page is closed", await browser.TextAsync("h1"));
    }

    [Fact]
    public async Task A_workspace_that_stops_is_told()
    {
        var workspace = await ChatAsync(null);
        await OpenAsync(workspace, "overview");
        await browser.SeeAsync("#connection", "Live");

        await workspace.DisposeAsync();

        await browser.SeeAsync("#connection", "The workspace has stopped");
    }

    [Fact]
    public async Task A_narrow_window_shows_the_same()
    {
        await using var workspace = await ChatAsync(null);
        await browser.OpenAsync(new Uri($"{await PageVisitor.LinkAsync(workspace)}#/chat-endpoint/test"), 420, 900);
        await browser.SeeAsync(".composer", "Send");

        Assert.True((await browser.RunAsync("return await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)"))!.GetValue<bool>());
        await browser.PictureAsync("narrow");
    }

    [Theory]
    [InlineData(1200)]
    [InlineData(800)]
    [InlineData(390)]
    public async Task Nothing_is_wider_than_the_window(int width)
    {
        await using var workspace = await RunningWorkspace.StartAsync();
        var model = await workspace.RegisterFlowAsync("basic-chat-model", "1", "chat-flow", ChatProperties.DeepClone().AsObject(), ("flow.dag.yaml", Flows.Chat));
        using var client = await workspace.DeployAsync("basic-chat-endpoint", model);

        // As a deployment has it whose environment is written inline: its version is a hash.
        var environment = (await workspace.PutAsync(
            "environments/basic-chat-endpoint-environment/versions/2c5c26f9a1a0b1e0c1d2e3f405162738",
            new JsonObject { ["properties"] = new JsonObject { ["image"] = "mcr.microsoft.com/azureml/promptflow/promptflow-runtime:latest", ["isAnonymous"] = true } })).Body!["id"]!.GetValue<string>();
        foreach (var name in (string[])["blue", "a-deployment-with-a-long-name"])
        {
            var deployment = RunningWorkspace.Deployment(model);
            deployment["properties"]!["environmentId"] = environment;
            Assert.Equal("Succeeded", await workspace.PutAndSettleAsync($"onlineEndpoints/basic-chat-endpoint/deployments/{name}", deployment));
        }

        foreach (var (tab, selector, text) in ((string, string, string)[])
            [("overview", ".deployments", "2c5c26f9"), ("test", ".composer", "Send"), ("log", ".log", "Listening at"), ("flow", "h3", "chat-flow")])
        {
            await browser.OpenAsync(new Uri($"{await PageVisitor.LinkAsync(workspace)}#/basic-chat-endpoint/{tab}"), width, 900);
            await browser.SeeAsync(selector, text);

            // Code and drawings scroll by themselves; nothing else is cut off, and a number stays beside its sign.
            var wide = await browser.RunAsync("""
                return await page.evaluate(() => {
                  const shown = [...document.querySelectorAll('body *')].filter(e => e.checkVisibility() && !e.closest('.hidden-text, .skip, pre.code, .graph svg'));
                  const lines = e => { const range = document.createRange(); range.selectNodeContents(e); return new Set([...range.getClientRects()].map(r => Math.round(r.top))).size; };
                  return [
                    ...shown.filter(e => e.getBoundingClientRect().right > innerWidth + 0.5),
                    ...shown.filter(e => ['TABLE', 'TH', 'TD'].includes(e.tagName) && e.scrollWidth > e.clientWidth + 1),
                    ...shown.filter(e => /^\d+\s%$/.test(e.textContent) && lines(e) > 1),
                  ].map(e => `${e.tagName} ${e.className}: ${e.textContent.trim().slice(0, 60)}`);
                });
                """);
            Assert.Empty(wide.Deserialize<string[]>()!);
            await browser.PictureAsync($"{tab}-{width}");
        }

        Assert.Empty(await browser.ComplaintsAsync());
    }

    [Fact]
    public async Task A_change_that_comes_by_itself_leaves_the_keyboard_where_it_is()
    {
        await using var workspace = await ChatAsync(null);
        var model = (await workspace.GetAsync("onlineEndpoints/chat-endpoint/deployments/blue")).Body!["properties"]!["model"]!.GetValue<string>();
        await OpenAsync(workspace, "overview");
        await browser.SeeAsync(".deployments tbody tr:nth-child(1)", "100 %");

        await browser.RunAsync("await page.getByRole('button', { name: 'Copy the scoring URI' }).focus()");
        await workspace.PutAndSettleAsync("onlineEndpoints/chat-endpoint", RunningWorkspace.Endpoint());
        await browser.SeeAsync(".hint", "No deployment has traffic");
        Assert.Equal("Copy the scoring URI", await FocusedAsync("getAttribute('aria-label')"));

        await browser.RunAsync("await page.getByRole('link', { name: 'chat-endpoint' }).focus()");
        await workspace.PutAndSettleAsync("onlineEndpoints/chat-endpoint/deployments/green", RunningWorkspace.Deployment(model));
        await browser.SeeAsync("nav .count", "blue, green");
        Assert.Equal("#/chat-endpoint", await FocusedAsync("getAttribute('href')"));

        // A selection that is made anew.
        await browser.RunAsync("await page.getByRole('tab', { name: 'Log' }).click()");
        await browser.SeeAsync(".log", "Listening at");
        await browser.RunAsync("await page.getByLabel('Deployment').and(page.locator('select:visible')).focus()");
        await workspace.PutAndSettleAsync("onlineEndpoints/chat-endpoint/deployments/next", RunningWorkspace.Deployment(model));
        await browser.SeeAsync("nav .count", "blue, green, next");
        Assert.Equal("Deployment", await FocusedAsync("labels?.[0]?.textContent"));

        async Task<string?> FocusedAsync(string what) =>
            (await browser.RunAsync($"return await page.evaluate(() => document.activeElement.{what} ?? null)"))?.GetValue<string>();
    }

    private static async Task<RunningWorkspace> ChatAsync(string? serveCommand)
    {
        var workspace = serveCommand is null ? await RunningWorkspace.StartAsync() : await RunningWorkspace.StartAsync(serveCommand);
        var model = await workspace.RegisterFlowAsync("chat-model", "1", "chat-flow", ChatProperties.DeepClone().AsObject(), ("flow.dag.yaml", Flows.Chat));
        using var client = await workspace.DeployAsync("chat-endpoint", model);
        return workspace;
    }

    private async Task OpenAsync(RunningWorkspace workspace, string tab, string? endpoint = null, int height = 860)
    {
        endpoint ??= (await workspace.GetAsync("onlineEndpoints")).Body!["value"]![0]!["name"]!.GetValue<string>();
        await browser.OpenAsync(new Uri($"{await PageVisitor.LinkAsync(workspace)}#/{endpoint}/{tab}"), height: height);
    }

    private static JsonObject Turn(string question, string answer) => new()
    {
        ["inputs"] = new JsonObject { ["question"] = question }, ["outputs"] = new JsonObject { ["answer"] = answer },
    };

    private static async Task StreamAsync(ReplayConnection connection, string output, string answer)
    {
        await connection.StartChunksAsync();
        foreach (var word in answer.Split(' ').Select((word, i) => i == 0 ? word : " " + word))
        {
            await connection.SendChunkAsync(string.Create(CultureInfo.InvariantCulture, $"data: {new JsonObject { [output] = word }.ToJsonString()}\n\n"));
        }

        await connection.EndChunksAsync();
    }
}
