using System.Globalization;
using Azure;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http;
using Microsoft.Extensions.Options;

namespace FlowBuild;

/// <summary>Registers clients of flows; the generated <c>Add…Client</c> methods call it.</summary>
public static class FlowClientServiceCollectionExtensions
{
    /// <summary>Registers a client whose options are set in code.</summary>
    /// <typeparam name="TClient">What is registered: the client's interface.</typeparam>
    /// <typeparam name="TImplementation">The client.</typeparam>
    /// <param name="services">Where to register.</param>
    /// <param name="name">
    /// The name of the options and of the <see cref="HttpClient"/>, with <c>:</c> and <paramref name="serviceKey"/> behind it when there is one.
    /// </param>
    /// <param name="configure">Sets the options. They are checked when the host starts, else when the first client is made.</param>
    /// <param name="create">Makes the client.</param>
    /// <param name="serviceKey">Registers a keyed service, so that several endpoints of one flow can stand side by side.</param>
    /// <returns>The builder of the client's <see cref="HttpClient"/>, for handlers and resilience.</returns>
    /// <exception cref="InvalidOperationException">Another client has the name: the two would share their options.</exception>
    public static IHttpClientBuilder AddFlowClient<TClient, TImplementation>(
        this IServiceCollection services,
        string name,
        Action<FlowClientOptions> configure,
        Func<FlowEndpoint, TImplementation> create,
        object? serviceKey = null)
        where TClient : class
        where TImplementation : class, TClient =>
        services.Add<TClient, TImplementation>(name, configure, create, serviceKey, section: null);

    /// <summary>
    /// Registers a client whose options stand in a configuration section: <c>ScoringUri</c>, <c>Key</c>, <c>DeploymentName</c>,
    /// <c>Timeout</c> (such as <c>00:02:00</c>) and <c>UpdateTimeout</c>, each read by its name; an empty one counts as missing. Without <c>Key</c>, a credential that
    /// is set in code or a handler of one's own authenticates. What else there is to set can be set with
    /// <c>services.Configure&lt;FlowClientOptions&gt;(name, …)</c>.
    /// </summary>
    /// <typeparam name="TClient">What is registered: the client's interface.</typeparam>
    /// <typeparam name="TImplementation">The client.</typeparam>
    /// <param name="services">Where to register.</param>
    /// <param name="name">
    /// The name of the options and of the <see cref="HttpClient"/>, with <c>:</c> and <paramref name="serviceKey"/> behind it when there is one.
    /// </param>
    /// <param name="section">The section. It is read, and what it says checked, when the host starts, else when the first client is made.</param>
    /// <param name="create">Makes the client.</param>
    /// <param name="serviceKey">Registers a keyed service, so that several endpoints of one flow can stand side by side.</param>
    /// <returns>The builder of the client's <see cref="HttpClient"/>, for handlers and resilience.</returns>
    /// <exception cref="InvalidOperationException">Another client has the name: the two would share their options.</exception>
    public static IHttpClientBuilder AddFlowClient<TClient, TImplementation>(
        this IServiceCollection services,
        string name,
        IConfiguration section,
        Func<FlowEndpoint, TImplementation> create,
        object? serviceKey = null)
        where TClient : class
        where TImplementation : class, TClient
    {
        ArgumentNullException.ThrowIfNull(section);
        return services.Add<TClient, TImplementation>(
            name, options => Read(section, options), create, serviceKey, (section as IConfigurationSection)?.Path);
    }

    private static IHttpClientBuilder Add<TClient, TImplementation>(
        this IServiceCollection services,
        string name,
        Action<FlowClientOptions> configure,
        Func<FlowEndpoint, TImplementation> create,
        object? serviceKey,
        string? section)
        where TClient : class
        where TImplementation : class, TClient
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(configure);
        ArgumentNullException.ThrowIfNull(create);

        var fullName = serviceKey is null ? name : $"{name}:{serviceKey}";
        RefuseTakenName(services, fullName, typeof(TClient), serviceKey);
        services.AddOptions<FlowClientOptions>(fullName).Configure(configure).ValidateOnStart();
        services.AddSingleton<IValidateOptions<FlowClientOptions>>(new FlowClientOptionsValidation(fullName, typeof(TClient), serviceKey, section));

        if (serviceKey is null)
        {
            services.AddTransient<TClient>(provider => create(CreateEndpoint(provider, fullName, section)));
        }
        else
        {
            services.AddKeyedTransient<TClient>(serviceKey, (provider, _) => create(CreateEndpoint(provider, fullName, section)));
        }

        // The last handler before the transport, whatever else is added: none of the program's own sees the key or can send it elsewhere,
        // and a repeated request gets the key of its moment.
        services.PostConfigure<HttpClientFactoryOptions>(fullName, factory => factory.HttpMessageHandlerBuilderActions.Add(handlers =>
        {
            var options = Options(handlers.Services, fullName);
            handlers.AdditionalHandlers.Add(new FlowAuthenticationHandler(options.KeyCredential, options.TokenCredential));
        }));

        return services.AddHttpClient(fullName)
            .ConfigureHttpClient(static client => client.Timeout = Timeout.InfiniteTimeSpan)
            .ConfigurePrimaryHttpMessageHandler(provider => FlowHttp.CreateTransport(Options(provider, fullName).ScoringUri!));
    }

    private static void RefuseTakenName(IServiceCollection services, string fullName, Type client, object? serviceKey)
    {
        var other = services
            .Where(descriptor => !descriptor.IsKeyedService)
            .Select(descriptor => descriptor.ImplementationInstance)
            .OfType<FlowClientOptionsValidation>()
            .FirstOrDefault(validation => validation.FullName == fullName && !(validation.Client == client && Equals(validation.ServiceKey, serviceKey)));
        if (other is not null)
        {
            throw new InvalidOperationException(
                $"The name '{fullName}' is taken by the client '{other.Client.FullName}', and '{client.FullName}' would share its options: " +
                "give one of the two flows another 'ClientName', or register it with a service key of another text.");
        }
    }

    private static void Read(IConfiguration section, FlowClientOptions options)
    {
        if (Value(section, nameof(FlowClientOptions.ScoringUri)) is { } scoringUri)
        {
            // A text that is no absolute URI stays set, so that it is refused as what it is and not as missing.
            options.ScoringUri = Uri.TryCreate(scoringUri, UriKind.RelativeOrAbsolute, out var uri) ? uri : new Uri("", UriKind.Relative);
        }

        if (Value(section, "Key") is { } key)
        {
            options.KeyCredential = new AzureKeyCredential(key);
        }

        options.DeploymentName = Value(section, nameof(FlowClientOptions.DeploymentName)) ?? options.DeploymentName;

        options.Timeout = Time(section, nameof(FlowClientOptions.Timeout)) ?? options.Timeout;
        options.UpdateTimeout = Time(section, nameof(FlowClientOptions.UpdateTimeout)) ?? options.UpdateTimeout;
    }

    // A text that is no time is refused like one out of range; so is a number alone, which would be days.
    private static TimeSpan? Time(IConfiguration section, string key) => Value(section, key) is not { } text ? null
        : text.Contains(':', StringComparison.Ordinal) && TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var time) ? time
        : TimeSpan.Zero;

    private static string? Value(IConfiguration section, string key) => section[key] is { Length: > 0 } value ? value : null;

    private static FlowEndpoint CreateEndpoint(IServiceProvider provider, string fullName, string? section)
    {
        var options = Options(provider, fullName);
        var missing = options.KeyCredential is null && options.TokenCredential is null
            ? $"No key or credential is configured ('{(section is null ? "KeyCredential' or 'TokenCredential" : section + ":Key")}')."
            : null;
        return new(provider.GetRequiredService<IHttpClientFactory>().CreateClient(fullName), options, missing);
    }

    private static FlowClientOptions Options(IServiceProvider provider, string fullName) =>
        provider.GetRequiredService<IOptionsMonitor<FlowClientOptions>>().Get(fullName);

    private sealed class FlowClientOptionsValidation(string fullName, Type client, object? serviceKey, string? section) : IValidateOptions<FlowClientOptions>
    {
        public string FullName => fullName;

        public Type Client => client;

        public object? ServiceKey => serviceKey;

        public ValidateOptionsResult Validate(string? name, FlowClientOptions options)
        {
            if (name != fullName)
            {
                return ValidateOptionsResult.Skip;
            }

            var problems = options.Problems(section).Select(problem => $"Flow client '{fullName}': {problem.Sentence}").ToList();
            return problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);
        }
    }
}
