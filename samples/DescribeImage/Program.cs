using DescribeImage;
using FlowBuild;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

var configuration = new ConfigurationBuilder()
    .SetBasePath(AppContext.BaseDirectory)
    .AddJsonFile("appsettings.json", optional: true)
    .AddUserSecrets<Program>(optional: true)
    .AddEnvironmentVariables()
    .Build();

var services = new ServiceCollection();
services.AddDescribeImageClient(configuration.GetSection("DescribeImage"));
await using var provider = services.BuildServiceProvider();

var file = args.Length > 0 ? args[0] : Path.Combine(AppContext.BaseDirectory, "picture.png");
try
{
    var answer = await provider.GetRequiredService<IDescribeImageClient>().ScoreAsync(new DescribeImageInput
    {
        Picture = FlowImage.FromBytes(await File.ReadAllBytesAsync(file), "image/png"),
    });
    Console.WriteLine(answer.Description);
    Console.WriteLine(answer.Picture is { } picture ? $"described a picture of the type {picture.MediaType}" : "no picture came back");
    return 0;
}
catch (FlowRequestException e)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}
catch (HttpRequestException e)
{
    Console.Error.WriteLine($"{configuration["DescribeImage:ScoringUri"]} does not answer ({e.Message}). To deploy it again: dotnet publish samples/DescribeImage -t:DeployFlow");
    return 1;
}
