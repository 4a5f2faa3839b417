using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace FlowBuild.Editor.Tests;

/// <summary>
/// The language server that editors use for YAML, installed from npm into the project's obj folder. Where Node is missing the tests
/// are skipped, or fail when all tests must run.
/// </summary>
public sealed class YamlLanguageServer : IAsyncLifetime
{
    private const string Package = "yaml-language-server@1.25.0";

    private static readonly string Folder = Path.Combine(Repository.Root, "tests", "FlowBuild.Editor.Tests", "obj", "node");

    private readonly ConcurrentDictionary<string, TaskCompletionSource<JsonNode?>> _expected = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _turn = new(1);
    private Process? _process;
    private Task _reading = Task.CompletedTask;
    private string? _missing;
    private int _last;

    /// <summary>Installs the server, starts it and greets it.</summary>
    public async ValueTask InitializeAsync()
    {
        _missing = await InstallAsync();
        if (_missing is not null)
        {
            return;
        }

        _process = Start("node", "node_modules/yaml-language-server/bin/yaml-language-server", "--stdio");
        _reading = ReadAsync(_process.StandardOutput.BaseStream);
        await AskAsync("initialize", new JsonObject { ["processId"] = Environment.ProcessId, ["rootUri"] = null, ["capabilities"] = new JsonObject() });
        await SendAsync(new JsonObject { ["method"] = "initialized", ["params"] = new JsonObject() });
        await SendAsync(new JsonObject { ["method"] = "workspace/didChangeConfiguration", ["params"] = new JsonObject { ["settings"] = Settings() } });
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
            await _reading;
            _process.Dispose();
        }

        _turn.Dispose();
    }

    /// <summary>Skips the test without Node, or fails it when all tests must run.</summary>
    public void Require()
    {
        if (Repository.AllTestsMustRun)
        {
            Assert.Null(_missing);
        }

        Assert.SkipWhen(_missing is not null, _missing ?? "");
    }

    /// <summary>What the server marks in a text, each as <c>line: message</c>, with lines counted from 1.</summary>
    public async Task<IReadOnlyList<string>> MarksAsync(string schema, string text)
    {
        var (_, marks) = await OpenAsync(schema, text);
        return [.. marks!["diagnostics"]!.AsArray()
            .Select(static mark => ((int)mark!["range"]!["start"]!["line"]!, (string)mark["message"]!))
            .Order()
            .Select(static mark => $"{mark.Item1}: {mark.Item2}")];
    }

    /// <summary>What the server offers at the bar in a text.</summary>
    public async Task<IReadOnlyList<string>> OffersAsync(string schema, string text)
    {
        var answer = await AskAtBarAsync("textDocument/completion", schema, text);
        return [.. (answer as JsonArray ?? answer!["items"]!.AsArray()).Select(static item => (string)item!["label"]!)];
    }

    /// <summary>What the server shows of the word at the bar in a text.</summary>
    public async Task<string> HoverAsync(string schema, string text) =>
        (string?)(await AskAtBarAsync("textDocument/hover", schema, text))?["contents"]?["value"] ?? "";

    private static JsonObject Settings() => new()
    {
        ["yaml"] = new JsonObject
        {
            ["validate"] = true,
            ["hover"] = true,
            ["completion"] = true,
            ["schemaStore"] = new JsonObject { ["enable"] = false },
        },
    };

    private static async Task<string?> InstallAsync()
    {
        Directory.CreateDirectory(Folder);
        try
        {
            // No lock file: it would hold the address of whatever registry it was made with.
            using var npm = Start("npm", "install", "--no-package-lock", "--no-audit", "--no-fund", "--prefix", Folder, Package);
            npm.StandardInput.Close();
            var output = npm.StandardOutput.ReadToEndAsync();
            await npm.WaitForExitAsync();
            return npm.ExitCode == 0 ? null : "npm cannot install the YAML language server: " + await output;
        }
        catch (Win32Exception)
        {
            return "Node with npm is not installed.";
        }
    }

    private static Process Start(string program, params string[] arguments) => Process.Start(new ProcessStartInfo(program, arguments)
    {
        WorkingDirectory = Folder,
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
    })!;

    private async Task<JsonNode?> AskAtBarAsync(string method, string schema, string text)
    {
        var bar = text.IndexOf('|', StringComparison.Ordinal);
        var before = text[..bar].Split('\n');
        var (uri, _) = await OpenAsync(schema, text.Remove(bar, 1));
        return await AskAsync(method, new JsonObject
        {
            ["textDocument"] = new JsonObject { ["uri"] = uri },

            // One line below: the first line of the document names the schema.
            ["position"] = new JsonObject { ["line"] = before.Length, ["character"] = before[^1].Length },
        });
    }

    private async Task<(string Uri, JsonNode? Marks)> OpenAsync(string schema, string text)
    {
        var uri = string.Create(CultureInfo.InvariantCulture, $"file:///document-{Interlocked.Increment(ref _last)}.yaml");
        var file = new Uri(Path.Combine(Repository.Root, "build", "schemas", schema + ".schema.json"));
        var marks = Expect(uri);
        await SendAsync(new JsonObject
        {
            ["method"] = "textDocument/didOpen",
            ["params"] = new JsonObject
            {
                ["textDocument"] = new JsonObject
                {
                    ["uri"] = uri,
                    ["languageId"] = "yaml",
                    ["version"] = 1,
                    ["text"] = $"# yaml-language-server: $schema={file}\n{text}",
                },
            },
        });
        return (uri, await marks);
    }

    private async Task<JsonNode?> AskAsync(string method, JsonObject parameters)
    {
        var id = Interlocked.Increment(ref _last);
        var answer = Expect(id.ToString(CultureInfo.InvariantCulture));
        await SendAsync(new JsonObject { ["id"] = id, ["method"] = method, ["params"] = parameters });
        return (await answer)!["result"];
    }

    private Task<JsonNode?> Expect(string key) =>
        _expected.GetOrAdd(key, static _ => new TaskCompletionSource<JsonNode?>(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    private async Task SendAsync(JsonObject message)
    {
        message["jsonrpc"] = "2.0";
        var body = Encoding.UTF8.GetBytes(message.ToJsonString());
        var head = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"Content-Length: {body.Length}\r\n\r\n"));
        await _turn.WaitAsync();
        try
        {
            var stream = _process!.StandardInput.BaseStream;
            await stream.WriteAsync(head);
            await stream.WriteAsync(body);
            await stream.FlushAsync();
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task ReadAsync(Stream stream)
    {
        while (await ReadMessageAsync(stream) is { } message)
        {
            if (message["method"] is null)
            {
                Fulfil(message["id"]!.ToString(), message);
            }
            else if (message["id"] is { } question)
            {
                await SendAsync(new JsonObject { ["id"] = question.DeepClone(), ["result"] = Answer(message) });
            }
            else if ((string?)message["method"] == "textDocument/publishDiagnostics")
            {
                Fulfil((string)message["params"]!["uri"]!, message["params"]);
            }
        }

        foreach (var waiting in _expected.Values)
        {
            waiting.TrySetException(new InvalidOperationException("The language server has ended."));
        }
    }

    private void Fulfil(string key, JsonNode? value)
    {
        if (_expected.TryGetValue(key, out var waiting))
        {
            waiting.TrySetResult(value);
        }
    }

    /// <summary>The settings of the sections that the server asks for; nothing for other questions.</summary>
    private static JsonArray? Answer(JsonNode question) => (string?)question["method"] != "workspace/configuration" ? null
        : [.. question["params"]!["items"]!.AsArray().Select(static item => Settings()[(string?)item!["section"] ?? ""]?.DeepClone())];

    private static async Task<JsonNode?> ReadMessageAsync(Stream stream)
    {
        var head = new StringBuilder();
        var one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            if (await stream.ReadAsync(one) == 0)
            {
                return null;
            }

            head.Append((char)one[0]);
        }

        var length = head.ToString().Split("\r\n").Single(static line => line.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase)).Split(':')[1];
        var body = new byte[int.Parse(length, CultureInfo.InvariantCulture)];
        await stream.ReadExactlyAsync(body);
        return JsonNode.Parse(body);
    }
}
