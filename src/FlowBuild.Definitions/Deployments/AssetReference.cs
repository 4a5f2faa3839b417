using FlowBuild.Definitions.Text;

namespace FlowBuild.Definitions.Deployments;

/// <summary>A reference to a registered asset (model, environment, code) as az ml writes it.</summary>
public abstract record AssetReference
{
    private AssetReference()
    {
    }

    /// <summary><c>azureml:name:version</c></summary>
    public sealed record Version(string Name, string Value) : AssetReference;

    /// <summary><c>azureml:name@label</c>; the service knows <c>latest</c>.</summary>
    public sealed record Label(string Name, string Value) : AssetReference;

    /// <summary><c>azureml:/subscriptions/…</c></summary>
    public sealed record ArmId(string Id) : AssetReference;

    /// <summary><c>azureml://registries/…</c></summary>
    public sealed record Registry(string Id) : AssetReference;
}

/// <summary>The model or environment of a deployment: registered already, or written inline.</summary>
/// <typeparam name="TInline">The record of the inline form.</typeparam>
/// <param name="Reference">The reference, or null when the asset is inline.</param>
/// <param name="Inline">The inline record, or null when the asset is referred to.</param>
/// <param name="Span">The value in the file.</param>
public sealed record AssetSource<TInline>(AssetReference? Reference, TInline? Inline, SourceSpan Span)
    where TInline : class;
