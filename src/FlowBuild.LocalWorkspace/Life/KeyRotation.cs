using FlowBuild.LocalWorkspace.ControlPlane;
using FlowBuild.LocalWorkspace.State;

namespace FlowBuild.LocalWorkspace.Life;

/// <summary>
/// Replaces what callers send to the scoring port, which speaks plain http: while the workspace was stopped, whoever listened there was
/// sent it.
/// </summary>
internal static class KeyRotation
{
    /// <summary>Replaces the keys of all endpoints, which also sign their tokens, and the token of the workspace.</summary>
    public static void ReplaceAll(StateFolder folder, WorkspaceIdentity identity)
    {
        (identity with { Token = WorkspaceIdentity.NewSecret() }).Save(folder);
        var store = new ResourceStore(folder);
        foreach (var endpoint in store.List<StoredEndpoint>(StoredEndpoint.KeyOf("")))
        {
            store.Put(
                StoredEndpoint.KeyOf(endpoint.Name),
                endpoint with { PrimaryKey = WorkspaceIdentity.NewSecret(), SecondaryKey = WorkspaceIdentity.NewSecret() });
        }
    }
}
