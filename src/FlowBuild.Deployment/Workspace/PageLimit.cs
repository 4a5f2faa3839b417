using FlowBuild.Definitions.Diagnostics;

namespace FlowBuild.Deployment.Workspace;

/// <summary>Bounds the pages of one list: the service chooses the link to the next one.</summary>
/// <param name="list">What is listed, for messages.</param>
internal sealed class PageLimit(string list)
{
    /// <summary>The most pages of a list.</summary>
    public const int Most = 1000;

    // Items stay in memory until the last page has come.
    private const long LargestList = 4L * BoundedStream.Largest;

    private readonly HashSet<Uri> _pages = [];
    private long _length;

    /// <summary>Counts a page that is to be read.</summary>
    /// <exception cref="FlowDeploymentException">It was read before, or is one too many.</exception>
    public void Begin(Uri page)
    {
        if (!_pages.Add(page))
        {
            throw Unusable("a link to its next page leads to a page that was read before");
        }

        if (_pages.Count > Most)
        {
            throw Unusable($"it has more than {Most} pages");
        }
    }

    /// <summary>Counts the bytes of a page.</summary>
    /// <exception cref="FlowDeploymentException">The list is too large.</exception>
    public void Add(int length)
    {
        _length += length;
        if (_length > LargestList)
        {
            throw Unusable($"it is larger than {Sizes.Text(LargestList)}");
        }
    }

    private FlowDeploymentException Unusable(string problem) => FlowDeploymentException.Of(WorkspaceRules.ResponseUnusable, list, problem);
}
