namespace FlowBuild.Deployment.Workspace;

/// <summary>Says a line at every tenth of a long upload, in files and bytes, so that it shows that it lives.</summary>
/// <param name="log">Where it is said.</param>
/// <param name="files">How many files are to be completed.</param>
/// <param name="bytes">How many bytes are to be sent.</param>
internal sealed class UploadProgress(IFlowLog log, int files, long bytes)
{
    private const int LongFiles = 100;
    private const long LongBytes = 10 * 1024 * 1024;

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
            var tenths = (int)(5 * (((double)_sentFiles / files) + ((double)_sentBytes / Math.Max(bytes, 1))));
            if (tenths > _tenths && (files >= LongFiles || bytes >= LongBytes))
            {
                log.Progress($"upload: {_sentFiles} of {Sizes.Files(files)}, {Sizes.Text(_sentBytes)} of {Sizes.Text(bytes)}");
            }

            _tenths = tenths;
        }
    }
}
