using System.Text.Json.Nodes;
using FlowBuild.LocalWorkspace.Safety;
using FlowBuild.LocalWorkspace.State;

namespace FlowBuild.LocalWorkspace.ControlPlane;

/// <summary>The kinds of assets, with what the service asks of each.</summary>
internal static class AssetTypes
{
    /// <summary>Models: files in a datastore.</summary>
    public static Assets Models(ResourceStore store, WorkspaceScope scope) =>
        new(store, scope, "models", "model", BodyShapes.Model, ["modelUri", "modelType"], static given =>
        {
            RequirePath(given, "modelUri", "azureml:", "runs:", "http:", "https:");
            given["modelType"] ??= "custom_model";
        });

    /// <summary>Environments: an image, or how to build one.</summary>
    public static Assets Environments(ResourceStore store, WorkspaceScope scope) =>
        new(store, scope, "environments", "environment", BodyShapes.Environment, ["image", "build", "condaFile", "inferenceConfig", "osType", "autoRebuild"], static given =>
        {
            foreach (var member in (string[])["image", "build", "condaFile", "inferenceConfig"])
            {
                if (given.TryGetPropertyValue(member, out var value) && value is null)
                {
                    throw ArmException.InvalidBody($"properties.{member}", $"The {member} field must not be null; leave it out.");
                }
            }

            if (given.Object("build") is null)
            {
                RequireText(given, "image");
            }
            else
            {
                RequireText(given.Object("build")!, "contextUri");
                given["build"]!["dockerfilePath"] ??= "Dockerfile";
            }

            foreach (var (name, route) in given.Object("inferenceConfig") ?? [])
            {
                if (route is JsonObject json && (!(json.Text("path") ?? "").Any(static c => char.IsAsciiLetterOrDigit(c) || c == '_') || json["port"] is null))
                {
                    throw ArmException.InvalidBody($"properties.inferenceConfig.{name}", "A route needs a path with at least one letter, digit or underscore, and a port.");
                }
            }

            Checks.RequireWord(given, "osType", ["Linux", "Windows"], isRequired: false);
            Checks.RequireWord(given, "autoRebuild", ["Disabled", "OnBaseImageUpdate"], isRequired: false);
            given["osType"] ??= "Linux";
            given["environmentType"] = "UserCreated";
        });

    /// <summary>Code: a folder of a blob store.</summary>
    public static Assets Codes(ResourceStore store, WorkspaceScope scope) =>
        new(store, scope, "codes", "code", BodyShapes.Code, ["codeUri"], static given => RequirePath(given, "codeUri", "http:", "https:"));

    /// <summary>Data: a file or a folder of a datastore, or one that it will be.</summary>
    public static Assets Data(ResourceStore store, WorkspaceScope scope) =>
        new(store, scope, "data", "data asset", BodyShapes.Data, ["dataUri", "dataType"], static given =>
        {
            RequirePath(given, "dataUri", "azureml:", "http:", "https:", "abfss:", "wasbs:");
            Checks.RequireWord(given, "dataType", ["uri_file", "uri_folder", "mltable"], isRequired: true);
        });

    // A path that climbs would leave the folder that it names.
    private static void RequirePath(JsonObject given, string member, params string[] schemes)
    {
        RequireText(given, member);
        var path = given.Text(member)!;
        if (!schemes.Any(scheme => path.StartsWith(scheme, StringComparison.OrdinalIgnoreCase)))
        {
            throw ArmException.InvalidBody($"properties.{member}", $"The {member} field must begin with one of {string.Join(", ", schemes)}.");
        }

        if (BrowserGuard.Climbs(path))
        {
            throw ArmException.InvalidBody($"properties.{member}", $"The {member} field must not hold '.' or '..' between slashes.");
        }
    }

    private static void RequireText(JsonObject given, string member)
    {
        if (string.IsNullOrEmpty(given.Text(member)))
        {
            throw ArmException.InvalidBody($"properties.{member}", $"The {member} field is required.");
        }
    }
}
