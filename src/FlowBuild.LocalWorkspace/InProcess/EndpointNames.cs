using System.Globalization;
using FlowBuild.LocalWorkspace.ControlPlane;

namespace FlowBuild.LocalWorkspace.InProcess;

/// <summary>Names of endpoints made of the names of folders.</summary>
internal static class EndpointNames
{
    private const int Shortest = 3;
    private const int Longest = 32;

    /// <summary>A name that an endpoint can have and none has: the folder's, as far as it fits the rules, with a number when it is taken.</summary>
    public static string Free(string folder, IReadOnlySet<string> taken)
    {
        var words = new string([.. folder.Select(static c => char.IsAsciiLetterOrDigit(c) ? c : '-')]).Split('-', StringSplitOptions.RemoveEmptyEntries);
        var stem = string.Join('-', words);
        if (stem.Length < Shortest || !char.IsAsciiLetter(stem[0]))
        {
            stem = $"flow-{stem}".TrimEnd('-');
        }

        return Enumerable.Range(1, taken.Count + 1).Select(number => Numbered(stem, number)).First(name => !taken.Contains(name));
    }

    /// <summary>A name that a test gives.</summary>
    /// <exception cref="LocalDeploymentException">No endpoint can have it.</exception>
    public static string Checked(string name)
    {
        try
        {
            ResourceNames.Check("endpoint", name);
            return name;
        }
        catch (ArmException e)
        {
            var error = e.Error.Details![0];
            throw new LocalDeploymentException($"{error.Code}: {error.Message}");
        }
    }

    private static string Numbered(string stem, int number)
    {
        var end = number == 1 ? "" : string.Create(CultureInfo.InvariantCulture, $"-{number}");
        return stem[..Math.Min(stem.Length, Longest - end.Length)].TrimEnd('-') + end;
    }
}
