namespace FlowBuild.Benchmarks.Generator;

/// <summary>
/// Two ways to the same thing, measured by turns: the first of a round is the second of the next, so that what else goes on meets both
/// alike.
/// </summary>
/// <param name="times">What each round measured.</param>
internal sealed class Turns(IReadOnlyList<(double Ours, double Peer)> times)
{
    /// <summary>The median of our times.</summary>
    public double Ours => Median(times.Select(static time => time.Ours));

    /// <summary>The median of the peer's times.</summary>
    public double Peer => Median(times.Select(static time => time.Peer));

    /// <summary>The median of the rounds' ratios, ours to the peer's: a slow spell of the machine changes both sides of a ratio.</summary>
    public double Ratio => Median(times.Select(static time => time.Ours / time.Peer));

    /// <summary>Measures both as often as there are rounds.</summary>
    /// <param name="ours">Runs ours, and returns the time it took.</param>
    /// <param name="peer">Runs the peer's, and returns the time it took, in the same unit.</param>
    /// <param name="rounds">At least 1.</param>
    public static Turns Take(Func<double> ours, Func<double> peer, int rounds)
    {
        var times = new List<(double, double)>(rounds);
        for (var round = 0; round < rounds; round++)
        {
            if (round % 2 == 0)
            {
                var first = ours();
                times.Add((first, peer()));
            }
            else
            {
                var first = peer();
                times.Add((ours(), first));
            }
        }

        return new Turns(times);
    }

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted[sorted.Length / 2];
    }
}
