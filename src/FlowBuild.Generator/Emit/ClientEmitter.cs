namespace FlowBuild.Generator.Emit;

/// <summary>Writes the client, its interface and its registration.</summary>
internal static class ClientEmitter
{
    private const string CancellationToken = "global::System.Threading.CancellationToken";
    private const string Exceptions =
        "/// <exception cref=\"global::FlowBuild.FlowRequestException\">The endpoint or the flow refused the request or failed.</exception>\n" +
        "    /// <exception cref=\"global::FlowBuild.FlowContractException\">The answer is not what the flow file declares.</exception>";

    public static void Write(CodeWriter writer, FlowShape shape)
    {
        var score = $"global::System.Threading.Tasks.Task<{shape.ResultType}> ScoreAsync({shape.ArgumentType} input, {CancellationToken} cancellationToken = default)";
        var stream = $"global::System.Collections.Generic.IAsyncEnumerable<{shape.StreamedType}> StreamAsync({shape.ArgumentType} input, {CancellationToken} cancellationToken = default)";
        WriteInterface(writer, shape, score, stream);
        WriteClient(writer, shape, score, stream);
        WriteRegistration(writer, shape);
    }

    private static void WriteInterface(CodeWriter writer, FlowShape shape, string score, string stream)
    {
        writer.Line($"/// <summary>Calls the flow {shape.Source}.</summary>");
        if (shape.Model.Contract.Description is { } description && !string.IsNullOrWhiteSpace(description))
        {
            writer.Documentation("", "remarks", CSharpText.Xml(description.Trim()));
        }

        writer.Line($$"""
            {{FlowEmitter.GeneratedCode}}
            {{shape.Accessibility}} partial interface {{shape.InterfaceType}}
            {
                /// <summary>Sends one request and waits for the whole answer.</summary>
                /// <param name="input">What the flow takes.</param>
                /// <param name="cancellationToken">Gives the call up.</param>
                {{Exceptions}}
                {{score}};
            """);
        if (shape.CanStream)
        {
            var bare = !shape.Model.Contract.ReturnsBareResult ? "" : "\n" +
                "    /// <remarks>A piece of a stream is an object, such as <c>{ \"output\": \"text\" }</c>; an answer that is no stream is the result itself.</remarks>";
            writer.Line($"""

                    /// <summary>Sends one request and gives the answer piece by piece, as it comes. A flow that does not stream gives one piece.</summary>{bare}
                    /// <param name="input">What the flow takes.</param>
                    /// <param name="cancellationToken">Gives the call up.</param>
                    {Exceptions}
                    /// <exception cref="global::FlowBuild.FlowStreamInterruptedException">The stream was cut before its end.</exception>
                    {stream};
                """);
        }

        writer.Line("}");
    }

    private static void WriteClient(CodeWriter writer, FlowShape shape, string score, string stream)
    {
        var input = shape.Model.Contract.AcceptsAnyInput
            ? $"{ValueForm.FlowJson}.WriteInputs"
            : $"{shape.JsonType}.WriteInput";
        const string ReadAny = $"static (ref global::System.Text.Json.Utf8JsonReader reader) => {ValueForm.FlowJson}.ReadElement(ref reader, \"result\")";
        var output = shape.Model.Contract.ReturnsBareResult ? ReadAny : $"{shape.JsonType}.ReadOutput";
        var update = shape.Model.Contract.ReturnsBareResult ? ReadAny : $"{shape.JsonType}.ReadUpdate";

        writer.Line($$"""

            /// <summary>Calls the flow {{shape.Source}} over HTTP. Safe for use by many threads at once.</summary>
            {{FlowEmitter.GeneratedCode}}
            {{shape.Accessibility}} sealed partial class {{shape.ClientType}} : {{shape.InterfaceType}}
            {
                private readonly global::FlowBuild.FlowEndpoint _endpoint;

                /// <summary>Makes a client that authenticates with a key of the endpoint.</summary>
                /// <param name="scoringUri">The scoring URI of the endpoint.</param>
                /// <param name="credential">The key; it can be replaced while the client lives.</param>
                /// <param name="options">Further options, or null.</param>
                public {{shape.ClientType}}(global::System.Uri scoringUri, global::Azure.AzureKeyCredential credential, global::FlowBuild.FlowClientOptions? options = null)
                    : this(new global::FlowBuild.FlowEndpoint(scoringUri, credential, options))
                {
                }

                /// <summary>Makes a client that authenticates with Microsoft Entra tokens.</summary>
                /// <param name="scoringUri">The scoring URI of the endpoint.</param>
                /// <param name="credential">Where tokens come from.</param>
                /// <param name="options">Further options, or null.</param>
                public {{shape.ClientType}}(global::System.Uri scoringUri, global::Azure.Core.TokenCredential credential, global::FlowBuild.FlowClientOptions? options = null)
                    : this(new global::FlowBuild.FlowEndpoint(scoringUri, credential, options))
                {
                }

                /// <summary>Makes a client over an HTTP client that authenticates by itself.</summary>
                /// <param name="httpClient">The HTTP client; its base address is the scoring URI unless the options name one.</param>
                /// <param name="options">Further options, or null.</param>
                public {{shape.ClientType}}(global::System.Net.Http.HttpClient httpClient, global::FlowBuild.FlowClientOptions? options = null)
                    : this(new global::FlowBuild.FlowEndpoint(httpClient, options))
                {
                }

                /// <summary>Makes a client of an endpoint.</summary>
                /// <param name="endpoint">The endpoint.</param>
                public {{shape.ClientType}}(global::FlowBuild.FlowEndpoint endpoint)
                {
                    global::System.ArgumentNullException.ThrowIfNull(endpoint);
                    _endpoint = endpoint;
                }

                /// <inheritdoc/>
                public {{score}}
                {
                    global::System.ArgumentNullException.ThrowIfNull(input);
                    return _endpoint.ScoreAsync<{{shape.ArgumentType}}, {{shape.ResultType}}>(input, {{input}}, {{output}}, cancellationToken);
                }
            """);
        if (shape.CanStream)
        {
            writer.Line($$"""

                    /// <inheritdoc/>
                    public {{stream}}
                    {
                        global::System.ArgumentNullException.ThrowIfNull(input);
                        return _endpoint.StreamAsync<{{shape.ArgumentType}}, {{shape.StreamedType}}>(input, {{input}}, {{update}}, cancellationToken);
                    }
                """);
        }

        writer.Line("}");
    }

    private static void WriteRegistration(CodeWriter writer, FlowShape shape)
    {
        const string Services = "global::Microsoft.Extensions.DependencyInjection.IServiceCollection";
        const string Builder = "global::Microsoft.Extensions.DependencyInjection.IHttpClientBuilder";
        const string AddFlowClient = "global::FlowBuild.FlowClientServiceCollectionExtensions.AddFlowClient";
        writer.Line($$"""

            /// <summary>Registers <see cref="{{shape.InterfaceType}}"/>.</summary>
            {{FlowEmitter.GeneratedCode}}
            {{shape.Accessibility}} static partial class {{shape.ExtensionsType}}
            {
                /// <summary>Adds <see cref="{{shape.InterfaceType}}"/>, configured by a section: <c>ScoringUri</c>, <c>Key</c>, <c>DeploymentName</c>, <c>Timeout</c>.</summary>
                /// <param name="services">Where the client is added.</param>
                /// <param name="section">The section of the configuration.</param>
                /// <param name="serviceKey">A key, to register several endpoints of the flow side by side; null for none.</param>
                /// <returns>The builder of the client's HTTP client, for handlers and resilience.</returns>
                public static {{Builder}} Add{{shape.ClientType}}(
                    this {{Services}} services,
                    global::Microsoft.Extensions.Configuration.IConfiguration section,
                    object? serviceKey = null) =>
                    {{AddFlowClient}}<{{shape.InterfaceType}}, {{shape.ClientType}}>(
                        services, "{{shape.Name}}", section, static endpoint => new {{shape.ClientType}}(endpoint), serviceKey);

                /// <summary>Adds <see cref="{{shape.InterfaceType}}"/>, configured by code.</summary>
                /// <param name="services">Where the client is added.</param>
                /// <param name="configure">Sets the options.</param>
                /// <param name="serviceKey">A key, to register several endpoints of the flow side by side; null for none.</param>
                /// <returns>The builder of the client's HTTP client, for handlers and resilience.</returns>
                public static {{Builder}} Add{{shape.ClientType}}(
                    this {{Services}} services,
                    global::System.Action<global::FlowBuild.FlowClientOptions> configure,
                    object? serviceKey = null) =>
                    {{AddFlowClient}}<{{shape.InterfaceType}}, {{shape.ClientType}}>(
                        services, "{{shape.Name}}", configure, static endpoint => new {{shape.ClientType}}(endpoint), serviceKey);
            }
            """);
    }
}
