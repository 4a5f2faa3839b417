using FlowBuild;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using WebClassification;

var configuration = new ConfigurationBuilder()
    .SetBasePath(AppContext.BaseDirectory)
    .AddJsonFile("appsettings.json", optional: true)
    .AddUserSecrets<Program>(optional: true)
    .AddEnvironmentVariables()
    .Build();

var services = new ServiceCollection();
services.AddWebClassificationClient(configuration.GetSection("WebClassification"));
await using var provider = services.BuildServiceProvider();

// An input that is left out takes the flow's default.
var input = new WebClassificationInput { Url = args.Length > 0 ? args[0] : null };
try
{
    var page = await provider.GetRequiredService<IWebClassificationClient>().ScoreAsync(input);
    Console.WriteLine($"category:   {page.Category ?? "none"}");
    Console.WriteLine($"confidence: {page.Confidence:P0}");
    Console.WriteLine($"evidence:   {page.Evidence ?? "none"}");
    Console.WriteLine($"words:      {page.Words}");
    Console.WriteLine($"keywords:   {string.Join(", ", page.Keywords ?? [])}");
    return 0;
}
catch (FlowRequestException e)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}
catch (HttpRequestException e)
{
    Console.Error.WriteLine($"{configuration["WebClassification:ScoringUri"]} does not answer ({e.Message}). To deploy it again: dotnet publish samples/WebClassification -t:DeployFlow");
    return 1;
}
