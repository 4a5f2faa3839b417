using FlowBuild.Deployment.Package;

namespace FlowBuild.Deployment.Workspace;

/// <summary>Says a line at every tenth of a long upload, in files and bytes, so that it shows that it lives.</summary>
internal sealed class UploadProgress(IFlowLog log, IReadOnlyList<PackageFile> files)
{
    private const int LongFiles = 100;
    private const long LongBytes = 10 * 1024 * 1024;

    private readonly long _bytes = files.Sum(static f => f.Length);
    private readonly object _lock = new();
    private int _sentFiles;
    private long _sentBytes;
    private int _tenths;

    /// <summary>Counts what was sent.</summary>
    public void Add(int sentFiles, long sentBytes)
    {
        lock (_lock)
        {
            _sentFiles += sentFiles;
            _sentBytes += sentBytes;
            var tenths = (int)(5 * (((double)_sentFiles / files.Count) + ((double)_sentBytes / Math.Max(_bytes, 1))));
            if (tenths > _tenths && (files.Count >= LongFiles || _bytes >= LongBytes))
            {
                log.Progress($"upload: {_sentFiles} of {files.Count} files, {Sizes.Text(_sentBytes)} of {Sizes.Text(_bytes)}");
            }

            _tenths = tenths;
        }
    }
}
