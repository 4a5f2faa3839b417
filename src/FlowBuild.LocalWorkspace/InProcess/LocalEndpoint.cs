namespace FlowBuild.LocalWorkspace;

/// <summary>An endpoint of a <see cref="LocalWorkspace"/>, with what a client needs to call it.</summary>
public sealed class LocalEndpoint
{
    internal LocalEndpoint(string name, Uri scoringUri, string key) => (Name, ScoringUri, Key) = (name, scoringUri, key);

    /// <summary>The endpoint's name.</summary>
    public string Name { get; }

    /// <summary>Where it answers: plain HTTP on loopback.</summary>
    public Uri ScoringUri { get; }

    /// <summary>Its primary key.</summary>
    public string Key { get; }
}
