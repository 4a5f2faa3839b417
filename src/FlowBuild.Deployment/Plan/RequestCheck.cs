using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Definitions.Flows;
using FlowBuild.Definitions.Text;
using FlowBuild.Deployment.Sources;

namespace FlowBuild.Deployment.Plan;

/// <summary>
/// Holds the request of the verification against the flow's contract, so that one which the server refuses is found before anything
/// is deployed. What the server does with a request is its measure: it ignores other members, and converts what it can.
/// </summary>
public static partial class RequestCheck
{
    /// <summary>
    /// What is wrong with the request. Errors in a file that nobody named are one warning: the studio leaves a samples.json behind that
    /// need not fit the flow any more, and then it is not sent.
    /// </summary>
    /// <param name="sources">The files of the flow.</param>
    /// <param name="named">Full path of the file that FlowVerifyRequest names, or null: the flow's samples.json.</param>
    public static IReadOnlyList<FlowDiagnostic> Check(FlowSources sources, string? named)
    {
        if (named is null && VerificationRequest.SamplesOf(sources.Item) is { } samples && !IsText(sources, samples))
        {
            // The check of the flow's folder tells it.
            return [];
        }

        var problems = CheckFile(sources, named);
        var errors = problems.Where(static problem => problem.Rule.Severity == RuleSeverity.Error).ToList();
        return named is not null || errors.Count == 0 ? problems
            : [FlowDiagnostic.At(PackageRules.SamplesDoNotFit, errors[0].File, errors[0].Span, string.Join("; ", errors.Select(static error => error.Message)))];
    }

    private static bool IsText(FlowSources sources, string samples)
    {
        try
        {
            return Utf8Text.Decode(sources.Paths.ReadBytes(new NamedPath(samples, Path.GetFileName(samples), samples, null)), out _) is not null;
        }
        catch (FlowDeploymentException)
        {
            // Whoever reads it as a request says why it cannot be read.
            return true;
        }
    }

    private static IReadOnlyList<FlowDiagnostic> CheckFile(FlowSources sources, string? named)
    {
        var path = named ?? VerificationRequest.SamplesOf(sources.Item);
        if (sources.Deployment is null || path is null)
        {
            return [];
        }

        RequestFile file;
        try
        {
            file = RequestFile.Read(path);
        }
        catch (FlowDeploymentException e)
        {
            return [e.Diagnostic];
        }

        // A samples.json of another shape holds no request, and none is asked of it.
        if (named is null && file is not { IsRows: true, Request: not null })
        {
            return [];
        }

        if (file.Request is null)
        {
            return [VerificationRequest.NoRequest(path)];
        }

        return sources is { IsFlowServed: true, Contract: { AcceptsAnyInput: false } contract } ? [.. Check(file, contract)] : [];
    }

    private static IEnumerable<FlowDiagnostic> Check(RequestFile file, FlowContract contract)
    {
        var members = file.Members();
        var start = file.Start;
        var isRequestAlone = !file.IsRows;
        if (file.IsRows)
        {
            if (SecondOfAName(members) is { } second)
            {
                return [VerificationRequest.NameTwice(file.Path, second.NameSpan)];
            }

            if (VerificationRequest.IsWrapped(file.Request!, contract))
            {
                var inputs = members.Single(static m => m.Name == "inputs");
                (members, start, isRequestAlone) = (file.MembersOf(inputs), inputs.ValueSpan, true);
                if (SecondOfAName(members) is { } secondInside)
                {
                    return [VerificationRequest.NameTwice(file.Path, secondInside.NameSpan)];
                }
            }
        }

        // Of a name that is there twice, the server takes the last.
        members = [.. members.GroupBy(static m => m.Name, StringComparer.Ordinal).Select(static same => same.Last())];
        return
        [
            .. Names(file.Path, members, start, isRequestAlone, contract),
            .. from member in members
               join input in contract.Inputs on member.Name equals input.Name
               where !Fits(input.Type, member.Value)
               select FlowDiagnostic.At(
                   PackageRules.RequestValueDoesNotFit, file.Path, member.ValueSpan, input.Name, ModelProperties.Word(input.Type),
                   ValueConversion.Instead(input.Type)),
        ];
    }

    // Beside the inputs a row may hold what was recorded, and what is for people: a member that resembles no input is then one of these.
    private static IEnumerable<FlowDiagnostic> Names(
        string file, IReadOnlyList<RequestMember> members, SourceSpan start, bool isRequestAlone, FlowContract contract)
    {
        var absent = contract.Inputs.Where(input => members.All(m => m.Name != input.Name)).ToList();
        var meant = members.Where(m => contract.Inputs.All(i => i.Name != m.Name))
            .ToLookup(m => Suggestion.Nearest(m.Name, absent.Select(static i => i.Name)));
        foreach (var input in absent.Where(static i => i.IsRequired))
        {
            var near = meant[input.Name].FirstOrDefault();
            yield return FlowDiagnostic.At(
                PackageRules.RequestLacksInput, file, near?.NameSpan ?? start, input.Name,
                near is null ? "add it, or give the input a default" : $"did you mean it by '{near.Name}'?");
        }

        foreach (var name in meant.Where(name => name.Key is null ? isRequestAlone : absent.Any(i => i.Name == name.Key && !i.IsRequired)))
        {
            foreach (var member in name)
            {
                yield return FlowDiagnostic.At(
                    PackageRules.RequestMemberUnknown, file, member.NameSpan, member.Name, name.Key is null ? "" : $"; did you mean '{name.Key}'?");
            }
        }
    }

    private static RequestMember? SecondOfAName(IReadOnlyList<RequestMember> members) =>
        members.GroupBy(static m => m.Name, StringComparer.Ordinal).Select(static g => g.Skip(1).FirstOrDefault()).FirstOrDefault(static m => m is not null);

    private static bool Fits(FlowValueType type, JsonElement value)
    {
        var kind = value.ValueKind switch
        {
            JsonValueKind.String => GivenKind.Text,
            JsonValueKind.True or JsonValueKind.False => GivenKind.Bool,
            JsonValueKind.Number => IsFinite(value.GetRawText()) ? GivenKind.Number : GivenKind.InfiniteNumber,
            JsonValueKind.Array => GivenKind.List,
            JsonValueKind.Object => GivenKind.Mapping,
            _ => GivenKind.Other,
        };
        return ValueConversion.Fits(type, kind, kind == GivenKind.Text ? value.GetString()! : "")
            && (type != FlowValueType.Image || IsImage(value));
    }

    // Python reads a number without fraction and exponent as a whole one, of any length.
    private static bool IsFinite(string number) =>
        number.AsSpan().IndexOfAny('.', 'e', 'E') < 0 || double.IsFinite(double.Parse(number, CultureInfo.InvariantCulture));

    private static bool IsImage(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString()!.Length > 0,
        JsonValueKind.Array => value.EnumerateArray().All(static item => item.ValueKind != JsonValueKind.Array && IsImage(item)),
        JsonValueKind.Object => IsImageObject(value),
        _ => false,
    };

    private static bool IsImageObject(JsonElement value)
    {
        var members = value.EnumerateObject().ToList();
        return (members is [var only] && BasicKey().IsMatch(only.Name) && only.Value.ValueKind == JsonValueKind.String)
            || (value.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.String && type.GetString() is "image_url" or "image_file"
                && value.TryGetProperty(type.GetString()!, out var image) && image.ValueKind == JsonValueKind.Object);
    }

    [GeneratedRegex(@"^data:image/.*;(?:path|base64|url)$", RegexOptions.CultureInvariant)]
    private static partial Regex BasicKey();
}
