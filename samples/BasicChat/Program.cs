using BasicChat;
using FlowBuild;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

// The section BasicChat says which endpoint: dotnet publish -t:DeployFlow writes it to the user secrets for the local workspace;
// for an endpoint in Azure set BasicChat__ScoringUri and BasicChat__Key.
var configuration = new ConfigurationBuilder()
    .SetBasePath(AppContext.BaseDirectory)
    .AddJsonFile("appsettings.json", optional: true)
    .AddUserSecrets<Program>(optional: true)
    .AddEnvironmentVariables()
    .Build();

var services = new ServiceCollection();
services.AddBasicChatClient(configuration.GetSection("BasicChat"));
await using var provider = services.BuildServiceProvider();

var client = provider.GetRequiredService<IBasicChatClient>();
var question = args.Length > 0 ? string.Join(' ', args) : "What is prompt flow?";
try
{
    await foreach (var update in client.StreamAsync(new BasicChatInput { Question = question, ChatHistory = [] }))
    {
        Console.Write(update.Answer);
    }

    Console.WriteLine();
    return 0;
}
catch (FlowRequestException e)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}
catch (HttpRequestException e)
{
    Console.Error.WriteLine($"{configuration["BasicChat:ScoringUri"]} does not answer ({e.Message}). To deploy it again: dotnet publish samples/BasicChat -t:DeployFlow");
    return 1;
}
