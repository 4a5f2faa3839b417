namespace FlowBuild.Definitions.Deployments;

/// <summary>Environment variables that mean something to a served flow; editors offer them.</summary>
internal static class ServingVariables
{
    public static readonly (string Name, string Description)[] All =
    [
        ("PROMPTFLOW_RUN_MODE", "Write serving: the image then starts the flow's server."),
        ("PROMPTFLOW_SERVING_ENGINE", "The web server of the flow, flask (default) or fastapi."),
        ("PROMPTFLOW_WORKER_NUM", "Number of processes that serve the flow; 8 by default."),
        ("PROMPTFLOW_WORKER_THREADS", "Threads per process; 1 by default, read by flask only."),
        ("PROMPTFLOW_CONNECTION_PROVIDER", "The workspace that holds the connections, as azureml://subscriptions/…/workspaces/NAME."),
        ("PRT_CONFIG_OVERRIDE", "The older way to name workspace, endpoint and deployment: a list of deployment.KEY=VALUE, parted by commas."),
        ("PF_FLOW_INIT_CONFIG", "The arguments of a flex flow's class, as a JSON object."),
    ];
}
