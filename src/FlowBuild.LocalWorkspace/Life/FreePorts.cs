using System.Net;
using System.Net.Sockets;

namespace FlowBuild.LocalWorkspace.Life;

/// <summary>Finds ports of loopback that nobody uses.</summary>
internal static class FreePorts
{
    /// <summary>Two of them.</summary>
    public static (int First, int Second) Two()
    {
        using var first = Listen();
        using var second = Listen();
        return (PortOf(first), PortOf(second));

        static TcpListener Listen()
        {
            var listener = new TcpListener(IPAddress.Loopback, 0);
            listener.Start();
            return listener;
        }

        static int PortOf(TcpListener listener) => ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
