using System.Net;
using System.Security.Cryptography.X509Certificates;
using FlowBuild.LocalWorkspace.Blobs;
using FlowBuild.LocalWorkspace.ControlPlane;
using FlowBuild.LocalWorkspace.Faults;
using FlowBuild.LocalWorkspace.Gateway;
using FlowBuild.LocalWorkspace.Life;
using FlowBuild.LocalWorkspace.Page;
using FlowBuild.LocalWorkspace.Safety;
using FlowBuild.LocalWorkspace.Scoring;
using FlowBuild.LocalWorkspace.Serving;
using FlowBuild.LocalWorkspace.State;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace FlowBuild.LocalWorkspace;

/// <summary>A running local workspace: control plane, blob store and scoring gateway on loopback, in this process.</summary>
internal sealed class LocalWorkspaceHost : IAsyncDisposable
{
    private const int MostPortChoices = 10;

    private readonly StateFolder _folder;
    private readonly InstanceLock _lock;
    private readonly WorkspaceLog _log;
    private readonly WorkspaceIdentity _identity;
    private readonly WebApplication _server;
    private readonly Operations _operations;
    private readonly FlowProcesses _processes;
    private readonly TaskCompletionSource _stopRequested;
    private int _isDisposed;

    private LocalWorkspaceHost(
        StateFolder folder, InstanceLock instanceLock, WorkspaceLog log, WorkspaceIdentity identity, X509Certificate2 certificate,
        WebApplication server, Operations operations, FlowProcesses processes, TaskCompletionSource stopRequested)
    {
        (_folder, _lock, _log, _identity, Certificate) = (folder, instanceLock, log, identity, certificate);
        (_server, _operations, _processes, _stopRequested) = (server, operations, processes, stopRequested);
    }

    /// <summary>Where ARM answers (TLS). Blobs are below <c>/flowbuildlocal</c> of the same address.</summary>
    public Uri ControlPlane => new($"https://127.0.0.1:{_identity.ControlPlanePort}");

    /// <summary>Where endpoints answer (plain HTTP).</summary>
    public Uri Scoring => new($"http://127.0.0.1:{_identity.ScoringPort}");

    /// <summary>The certificate of the control plane, to be compared byte for byte.</summary>
    public X509Certificate2 Certificate { get; }

    /// <summary>The bearer token of control plane and blob store. A secret.</summary>
    public string Token => _identity.Token;

    /// <summary>The made-up subscription that holds the workspace.</summary>
    public Guid SubscriptionId => _identity.SubscriptionId;

    /// <summary>Ends when the workspace was asked to stop, by its route or by being idle.</summary>
    public Task StopRequested => _stopRequested.Task;

    /// <summary>Starts a workspace.</summary>
    /// <param name="options">How; null for the defaults.</param>
    /// <param name="cancellationToken">Gives up starting.</param>
    /// <exception cref="WorkspaceStartException">The state folder is served by another process, is not the user's, is damaged or newer, or a
    /// port that it fixed is taken.</exception>
    public static async Task<LocalWorkspaceHost> StartAsync(LocalWorkspaceOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new LocalWorkspaceOptions();
        var folder = StateFolder.Open(options.StateFolder ?? StateFolder.DefaultPath());
        var instanceLock = await InstanceLock.TakeAsync(folder, options.IsOwnProcess, cancellationToken).ConfigureAwait(false);
        WorkspaceLog? log = null;
        try
        {
            log = new WorkspaceLog(folder);
            instanceLock.Sign("starting");
            return await StartAsync(options, folder, instanceLock, log, 1, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            log?.Write(e is WorkspaceStartException ? $"not started: {e.Message}" : $"not started: {e}");
            log?.Dispose();
            instanceLock.Dispose();
            throw;
        }
    }

    /// <summary>Stops the workspace. What runs is taken up at the next start.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
        {
            return;
        }

        _lock.Sign("leaving");
        WorkspaceFile.Remove(_folder);
        _stopRequested.TrySetResult();
        await _server.StopAsync().ConfigureAwait(false);
        await _operations.DisposeAsync().ConfigureAwait(false);
        await _server.DisposeAsync().ConfigureAwait(false);
        await _processes.DisposeAsync().ConfigureAwait(false);
        _log.Write("stopped");
        _log.Dispose();
        Certificate.Dispose();
        _lock.Dispose();
    }

    private static async Task<LocalWorkspaceHost> StartAsync(
        LocalWorkspaceOptions options, StateFolder folder, InstanceLock instanceLock, WorkspaceLog log, int portChoice, CancellationToken cancellationToken)
    {
        var identity = WorkspaceIdentity.Load(folder);
        var certificate = identity.LoadCertificate(folder);
        var isFirst = identity.ControlPlanePort == 0;
        if (isFirst)
        {
            // The ports are chosen before anything is built on them; what is chosen is kept.
            var (control, scoring) = FreePorts.Two();
            identity = identity with { ControlPlanePort = control, ScoringPort = scoring };
        }

        var server = BuildServer(identity, certificate);
        // Starting is something to do, however long it takes.
        var activity = new Activity();
        activity.Begin();
        var stopRequested = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var (operations, processes) = Compose(server, options, folder, identity, activity, log, stopRequested);
        try
        {
            await server.StartAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (IOException e) when (e.InnerException is AddressInUseException)
        {
            await server.DisposeAsync().ConfigureAwait(false);
            if (isFirst && portChoice < MostPortChoices)
            {
                // Another program took a free port first; nobody knows ours yet.
                return await StartAsync(options, folder, instanceLock, log, portChoice + 1, cancellationToken).ConfigureAwait(false);
            }

            KeyRotation.ReplaceAll(folder, identity);
            throw new WorkspaceStartException(
                $"A port of the local workspace in '{folder.Path}' is taken by another program ({identity.ControlPlanePort} or {identity.ScoringPort}). "
                + "Stop that program, or name another folder in FLOWBUILD_LOCAL_WORKSPACE. It may have been sent keys, so they were replaced: run DeployFlow to renew the user secrets.",
                e);
        }

        if (isFirst)
        {
            identity.Save(folder);
        }

        operations.Resume();
        WorkspaceFile.Describe(identity, certificate, options.ServeCommand).Publish(folder);
        instanceLock.Sign("ready");
        log.Write($"ready: control plane {identity.ControlPlanePort}, scoring {identity.ScoringPort}");
        activity.End();
        if (options.IdleTimeout is { } timeout)
        {
            IdleWatch.Start(activity, timeout, stopRequested, log);
        }

        return new LocalWorkspaceHost(folder, instanceLock, log, identity, certificate, server, operations, processes, stopRequested);
    }

    private static WebApplication BuildServer(WorkspaceIdentity identity, X509Certificate2 certificate)
    {
        // Empty: the appsettings.json and the variables of the program around it are not the workspace's.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration();
        builder.Services.AddRoutingCore();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = ArmResponse.LargestBody;
            kestrel.Listen(IPAddress.Loopback, identity.ControlPlanePort, listen =>
            {
                listen.Protocols = HttpProtocols.Http1;
                listen.UseHttps(certificate);
            });
            kestrel.Listen(IPAddress.Loopback, identity.ScoringPort, static listen => listen.Protocols = HttpProtocols.Http1);
        });
        // Signals are the process's own affair; a host inside a test must not listen to them.
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        // A stream that never ends must not keep the workspace from stopping.
        builder.Services.Configure<HostOptions>(static host => host.ShutdownTimeout = TimeSpan.FromSeconds(3));
        return builder.Build();
    }

    private static (Operations Operations, FlowProcesses Processes) Compose(
        WebApplication server, LocalWorkspaceOptions options, StateFolder folder, WorkspaceIdentity identity, Activity activity, WorkspaceLog log,
        TaskCompletionSource stopRequested)
    {
        var store = new ResourceStore(folder);
        var blobs = new BlobStore(folder);
        var scope = new WorkspaceScope(identity);
        var operations = new Operations(store, scope, options, activity, log);
        var models = AssetTypes.Models(store, scope);
        var environments = AssetTypes.Environments(store, scope);
        var codes = AssetTypes.Codes(store, scope);
        var data = AssetTypes.Data(store, scope);
        var computes = ProxyTypes.Computes(store, scope);
        var faults = new FaultBox();
        var requests = new RequestLog();
        var flows = new ServedFlows(blobs, models, environments, codes, scope, options.StandIns);
        var endpoints = new OnlineEndpoints(store, operations, new EndpointBody(scope, computes), faults);
        var deployments = new OnlineDeployments(store, operations, endpoints, new DeploymentBody(scope, models, environments, codes, data), flows, requests, faults);
        var servers = new RunningServers(folder);
        servers.EndLeftBehind();
        var processes = new FlowProcesses(ServeCommand.Parse(options.ServeCommand), blobs, requests, folder, servers, store);
        var gateway = new ScoringGateway(endpoints, deployments, flows, requests, faults, options, processes, identity, log);
        var gate = new ArmGate(identity, faults, log);
        var keys = new BlobAuthorization(identity);
        var blobRoutes = new BlobRoutes(blobs, keys, faults, log);
        var faultMiddleware = new FaultMiddleware(faults);
        var own = new OwnRoutes(activity, stopRequested);
        var page = new PageRoutes(new PageSessions(TimeProvider.System), endpoints, deployments, flows, models, gateway, requests, store, identity);

        server.Use((context, next) => AdmitAsync(context, next, activity));
        server.Use(faultMiddleware.HandleAsync);
        server.MapWhen(PageRoutes.IsPage, branch => branch.Run(page.HandleAsync));
        server.MapWhen(static context => !context.Request.IsHttps, plain => plain.Run(gateway.HandleAsync));
        server.MapWhen(
            static context => context.Request.Path.StartsWithSegments("/" + WorkspaceNames.StorageAccount, StringComparison.Ordinal),
            storage => storage.Run(blobRoutes.HandleAsync));
        server.UseRouting();
        own.Map(server, gate);
        page.Map(server, gate);
        new FaultRoutes(faults, options.IsOwnProcess).Map(server, gate);
        ControlPlaneRoutes.Map(
            server, gate, scope, new WorkspaceResource(scope), endpoints, deployments,
            new Dictionary<string, Assets> { ["models"] = models, ["environments"] = environments, ["codes"] = codes, ["data"] = data },
            new Datastores(scope, identity), computes, ProxyTypes.Connections(store, scope), new CodeUploads(blobs, keys, scope),
            new RoleAssignments(store, faults), new SubscriptionResources(store, scope, endpoints, faults), operations);
        return (operations, processes);
    }

    private static async Task AdmitAsync(HttpContext context, RequestDelegate next, Activity activity)
    {
        if (!BrowserGuard.Allows(context))
        {
            context.Response.StatusCode = 403;
            await context.Response.WriteAsync("The local workspace answers programs of this machine only.").ConfigureAwait(false);
            return;
        }

        if (BrowserGuard.Climbs(context.Features.Get<IHttpRequestFeature>()!.RawTarget))
        {
            context.Response.StatusCode = 400;
            await context.Response.WriteAsync("The path climbs out of itself.").ConfigureAwait(false);
            return;
        }

        if (OwnRoutes.IsLook(context.Request) || PageRoutes.IsLook(context.Request))
        {
            await next(context).ConfigureAwait(false);
            return;
        }

        activity.Begin();
        try
        {
            await next(context).ConfigureAwait(false);
        }
        finally
        {
            activity.End();
        }
    }

    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
