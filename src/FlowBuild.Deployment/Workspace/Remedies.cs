namespace FlowBuild.Deployment.Workspace;

/// <summary>What to do about the error codes that Azure Machine Learning gives for endpoints and deployments.</summary>
internal static class Remedies
{
    private static readonly Dictionary<string, string> Known = new(StringComparer.OrdinalIgnoreCase)
    {
        ["OutOfQuota"] = "Ask for quota, or choose a smaller instance_type or instance_count; a managed deployment needs ceil(1.2 x instances) x cores of the VM family.",
        ["BadArgument"] = "Check that the endpoint's identity can pull the image (AcrPull) and read the model (Storage Blob Data Reader); the storage initializer's log says which.",
        ["ResourceNotReady"] = "The container did not become healthy: look at its log, at the probes and routes (port 8080, /health), and at PROMPTFLOW_RUN_MODE=serving.",
        ["ResourceNotFound"] = "A resource that the deployment names does not exist, or its identity cannot see it; a private registry needs AcrPull.",
        ["ImageBuildFailure"] = "The message names the build log; look for conda conflicts and for access to the workspace's registry.",
        ["OperationCanceled"] = "Another operation came first; run the target again.",
        ["WorkspaceManagedNetworkNotReady"] = "Provision the managed network first: az ml workspace provision-network.",
        ["SecretsInjectionError"] = "The endpoint's identity must be able to read the secret that an environment variable names, and the ${{...}} pattern must be right.",
        ["InternalServerError"] = "A fault of the service; run the target again, and give the correlation id to support when it stays.",
        ["MissingDriverProgram"] = "The image has no server that the service knows: add inference_config to the environment, or code_configuration to the deployment.",
        ["KubernetesUnaccessible"] = "The cluster cannot be reached: look at its network, certificate and the attached compute's identity.",
        ["ACRSecretError"] = "The cluster could not get the registry's secret; run the target again, then look at the compute's identity.",
        ["TokenRefreshFailed"] = "The cluster's extension could not renew its token: look at its network, or install it again.",
        ["GetAADTokenFailed"] = "The cluster could not get a Microsoft Entra token: look at its outbound network.",
        ["ACRAuthenticationChallengeFailed"] = "The cluster could not reach the container registry: look at its outbound network.",
        ["ACRTokenExchangeFailed"] = "The registry refused the token; roles take time to arrive, run the target again in some minutes.",
        ["ImagePullLoopBackOff"] = "The image cannot be pulled: check its name and the identity's AcrPull.",
        ["DeploymentCrashLoopBackOff"] = "The container crashes at start: its log says why.",
        ["KubernetesCrashLoopBackOff"] = "The container crashes at start: its log says why.",
        ["PodUnschedulable"] = "No node has room: choose a smaller instance type, or add nodes.",
        ["PodOutOfMemory"] = "The container ran out of memory: raise resources, or lower the number of workers (PROMPTFLOW_WORKER_NUM).",
        ["UserScriptInitFailed"] = "init() of the scoring script failed: its log says why.",
        ["UserScriptImportError"] = "The scoring script imports a package that the environment lacks.",
        ["UserScriptFunctionNotFound"] = "The scoring script needs the functions init() and run().",
        ["NamespaceNotFound"] = "Create the namespace in the cluster, or attach the compute with another one.",
        ["EndpointNotFound"] = "The endpoint was deleted in the meantime; run the target again.",
        ["EndpointAlreadyExists"] = "Another compute or workspace holds an endpoint of this name; choose another name.",
        ["ScoringFeUnhealthy"] = "The cluster's front end (azureml-fe) is not healthy; look at the extension.",
        ["ValidateScoringFailed"] = "The scoring route did not answer: look at the routes and ports of inference_config and at the container's log.",
        ["InvalidDeploymentSpec"] = "The cluster refuses the deployment's settings: look at resources and instance type.",
        ["InferencingClientCallFailed"] = "Check the endpoint's name (3 to 32 letters, digits and single hyphens); on Kubernetes detach and attach the compute again.",
    };

    /// <summary>One sentence, or null for a code that is not known.</summary>
    public static string? For(string code) => Known.GetValueOrDefault(code);
}
