using FlowBuild.Definitions.Deployments.Schema;
using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Definitions.Flows;
using FlowBuild.Definitions.Text;
using FlowBuild.Definitions.Yaml;

namespace FlowBuild.Definitions.Deployments;

/// <summary>Reads the checked tree of an environment, inline or in a file of its own.</summary>
internal static class EnvironmentFile
{
    public static EnvironmentSpec Read(YamlMapping mapping, SourceSpan place, DiagnosticList problems)
    {
        var environment = new CheckedMapping(mapping);
        CheckImage(environment, place, problems);
        if (environment.Find("conda_file") is { Value: YamlMapping inline } given && CondaFile.Fault(inline) is { } fault)
        {
            problems.Add(DeploymentRules.CondaWithoutDependencies, given.Key.Span, fault);
        }

        var build = environment.Child("build");
        return new EnvironmentSpec(
            environment.Located("name"),
            environment.Version("version"),
            environment.Located("image"),
            build.Located("path") is { } path ? new BuildContext(path, build.Located("dockerfile_path")) : null,
            environment.Located("conda_file"),
            ReadInference(environment.Child("inference_config")),
            environment.Word("os_type") == "windows",
            environment.Text("description"),
            environment.FreeMap("tags"),
            environment.FreeMap("properties"))
        {
            CondaJson = environment.Find("conda_file") is { Value: YamlMapping conda } ? YamlJson.Write(conda, YamlDialect.AzureMl) : null,
            Datastore = environment.Located("datastore"),
        };
    }

    private static void CheckImage(CheckedMapping environment, SourceSpan place, DiagnosticList problems)
    {
        var image = environment.Find("image");
        var build = environment.Find("build");
        if (image is not null && build is not null)
        {
            problems.Add(
                DeploymentRules.Conflict,
                build.Key.Span,
                "An environment has either 'image' or 'build'; remove one of the two");
        }
        else if (image is null && build is null && environment.Find("channels") is null && environment.Find("dependencies") is null)
        {
            problems.Add(
                DeploymentRules.MissingKey,
                place,
                "an environment",
                "image",
                "add 'image:' with a container image, or 'build:' with a folder that has a Dockerfile");
        }

        if (environment.Find("version") is { } version && environment.Find("name") is null)
        {
            problems.Add(
                DeploymentRules.MissingKey,
                version.Key.Span,
                "an environment with a version",
                "name",
                "a version belongs to a name; add 'name:', or remove 'version:'");
        }

        if (environment.Located("image") is { } located && RetiredImages.IsRetired(located.Value))
        {
            problems.Add(DeploymentRules.RetiringImage, located.Span, located.Value);
        }
    }

    private static InferenceConfig? ReadInference(CheckedMapping inference) =>
        ReadRoute(inference.Child("liveness_route")) is { } liveness
        && ReadRoute(inference.Child("readiness_route")) is { } readiness
        && ReadRoute(inference.Child("scoring_route")) is { } scoring
            ? new(liveness, readiness, scoring, ReadRoute(inference.Child("startup_route")))
            : null;

    private static InferenceRoute? ReadRoute(CheckedMapping route) =>
        route.Located("path") is { } path && route.LocatedInt("port") is { } port ? new(path, port) : null;
}
