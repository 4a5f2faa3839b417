using System.Net;
using System.Net.Sockets;

namespace FlowBuild.LocalWorkspace.Life;

/// <summary>Finds ports of loopback that nobody uses.</summary>
internal static class FreePorts
{
    // Below those that systems give to outgoing connections (Linux from 32768, Windows and macOS from 49152): a workspace keeps its ports,
    // and one of those would be taken now and then when it starts again.
    private const int Lowest = 20000;
    private const int Highest = 32767;
    private const int Attempts = 100;

    /// <summary>Two of them.</summary>
    public static (int First, int Second) Two()
    {
        using var first = Listen();
        using var second = Listen();
        return (PortOf(first), PortOf(second));

        static int PortOf(TcpListener listener) => ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static TcpListener Listen()
    {
        for (var attempt = 1; ; attempt++)
        {
            var listener = new TcpListener(IPAddress.Loopback, attempt < Attempts ? Random.Shared.Next(Lowest, Highest + 1) : 0);
            try
            {
                listener.Start();
                return listener;
            }
            catch (SocketException) when (attempt < Attempts)
            {
                listener.Dispose();
            }
        }
    }
}
