namespace FlowBuild.Definitions.Diagnostics;

/// <summary>FLOW3xxx: the flow's folder and the package made of it.</summary>
public static class PackageRules
{
    /// <summary>A file that the flow or a deployment file names is not there.</summary>
    public static readonly DiagnosticRule FileNotFound = new(
        "FLOW3001", "A file is missing", "The file '{0}' does not exist; {1}", RuleSeverity.Error);

    /// <summary>A symbolic link in a packaged folder leads out of it.</summary>
    public static readonly DiagnosticRule LinkLeavesFolder = new(
        "FLOW3002",
        "A symbolic link leaves the folder",
        "The symbolic link '{0}' leads out of the folder '{1}'; put the file itself there, or set FlowAllowOutsideFiles=true",
        RuleSeverity.Error);

    /// <summary>An additional include lies outside the repository.</summary>
    public static readonly DiagnosticRule IncludeOutside = new(
        "FLOW3003",
        "An additional include lies outside the repository",
        "The include '{0}' lies outside the repository '{1}'; move it inside, or set FlowAllowOutsideFiles=true",
        RuleSeverity.Error);

    /// <summary>No file is left to upload.</summary>
    public static readonly DiagnosticRule EmptyPackage = new(
        "FLOW3004",
        "The package is empty",
        "The folder '{0}' holds no file to deploy; look at its ignore file ({1})",
        RuleSeverity.Error);

    /// <summary>A file that usually holds secrets was left out.</summary>
    public static readonly DiagnosticRule SecretLeftOut = new(
        "FLOW3005",
        "A file that may hold secrets is left out of the package",
        "'{0}' may hold secrets and is left out of the package; {1}",
        RuleSeverity.Warning);

    /// <summary>An additional include replaces a file of the flow.</summary>
    public static readonly DiagnosticRule IncludeReplaces = new(
        "FLOW3006",
        "An additional include replaces a file of the flow",
        "The include '{0}' replaces the flow's own '{1}', as prompt flow does; rename one of them",
        RuleSeverity.Warning);

    /// <summary>A name that cannot be a blob path.</summary>
    public static readonly DiagnosticRule InvalidName = new(
        "FLOW3007",
        "A file name cannot be deployed",
        "The name '{0}' cannot be uploaded: {1}; rename the file",
        RuleSeverity.Error);

    /// <summary>Directory links that form a circle.</summary>
    public static readonly DiagnosticRule LinkCircle = new(
        "FLOW3008",
        "A symbolic link leads back to its own folder",
        "The symbolic link '{0}' leads back to a folder that holds it; remove it, or list it in the ignore file",
        RuleSeverity.Error);

    /// <summary>The source of a node lies outside the flow's folder.</summary>
    public static readonly DiagnosticRule SourceOutside = new(
        "FLOW3009",
        "A node's source lies outside the flow's folder",
        "The source '{0}' lies outside the flow's folder and is not deployed with it; list it under additional_includes and name it '{1}'",
        RuleSeverity.Error);

    /// <summary>requirements.txt beside a stock image.</summary>
    public static readonly DiagnosticRule RequirementsNotInstalled = new(
        "FLOW3010",
        "requirements.txt is not installed by the stock image",
        "The image '{0}' does not install the flow's requirements.txt; build an image of your own from it and name that under environment",
        RuleSeverity.Warning);

    /// <summary>A pattern of an ignore file that cannot mean what it says.</summary>
    public static readonly DiagnosticRule IgnorePatternFaulty = new(
        "FLOW3011",
        "A pattern of the ignore file is malformed",
        "The pattern '{0}' is malformed: {1}; correct it, or the files that it is meant for are uploaded",
        RuleSeverity.Warning);

    /// <summary>An entry of a packaged folder has no content that could be sent.</summary>
    public static readonly DiagnosticRule NotAFile = new(
        "FLOW3012",
        "An entry of a packaged folder is no file",
        "'{0}' is a pipe, a socket or a device, and no file; remove it, or list it in the ignore file",
        RuleSeverity.Error);

    /// <summary>The request of the verification lacks an input that the flow requires.</summary>
    public static readonly DiagnosticRule RequestLacksInput = new(
        "FLOW3013",
        "The request of the verification lacks an input",
        "The flow requires the input '{0}' and refuses a request without it; {1}",
        RuleSeverity.Error);

    /// <summary>The request of the verification holds a value that the server cannot convert.</summary>
    public static readonly DiagnosticRule RequestValueDoesNotFit = new(
        "FLOW3014",
        "A value of the verification's request does not fit its type",
        "The value of '{0}' is no {1}, and the flow refuses a request with it; write {2}",
        RuleSeverity.Error);

    /// <summary>The request of the verification holds what the flow does not take.</summary>
    public static readonly DiagnosticRule RequestMemberUnknown = new(
        "FLOW3015",
        "The request of the verification holds what is no input",
        "'{0}' is no input of the flow, so the flow ignores it{1}",
        RuleSeverity.Warning);

    /// <summary>A path that a file names leads out of the folder that it may name files of.</summary>
    public static readonly DiagnosticRule PathOutside = new(
        "FLOW3016",
        "A path leads out of the repository",
        "'{0}' leads out of the folder '{1}'; {2}",
        RuleSeverity.Error);

    /// <summary>A path that a file names leads to what is not read or packaged as such.</summary>
    public static readonly DiagnosticRule NotRegularFile = new(
        "FLOW3017",
        "A path does not lead to a regular file",
        "'{0}' is {1}; name {2}",
        RuleSeverity.Error);

    /// <summary>A file that is read as a whole, or a folder that is packaged, is too large for that.</summary>
    public static readonly DiagnosticRule FileTooLarge = new(
        "FLOW3018",
        "A file or folder is too large",
        "'{0}' is larger than {1}, which is the limit; make it smaller, or name another",
        RuleSeverity.Error);

    /// <summary>An additional include is one of the default excludes.</summary>
    public static readonly DiagnosticRule IncludeExcluded = new(
        "FLOW3019",
        "An additional include is left out of the package",
        "The include '{0}' is left out of the package ({1}); remove it from additional_includes",
        RuleSeverity.Warning);

    /// <summary>A path that a file names is one of those that usually hold secrets.</summary>
    public static readonly DiagnosticRule PathExcluded = new(
        "FLOW3020",
        "A path leads to what usually holds secrets",
        "'{0}' usually holds secrets ({1}) and is never read or uploaded; name another file or folder",
        RuleSeverity.Error);

    /// <summary>What <see cref="NotRegularFile"/> calls the special files of Unix.</summary>
    public const string SpecialFile = "a pipe, a socket or a device";

    /// <summary>A file of the flow's folder that is not UTF-8.</summary>
    public static readonly DiagnosticRule NotUtf8 = new(
        "FLOW3021",
        "A file of the flow is not UTF-8",
        "This is not UTF-8, the encoding in which the flow reads the file: {0}; save the file as UTF-8",
        RuleSeverity.Error);

    /// <summary>A node passes an argument that its function does not have.</summary>
    public static readonly DiagnosticRule ArgumentUnknown = new(
        "FLOW3022",
        "A node passes an argument that its function does not have",
        "The function '{0}' in '{1}' has no parameter '{2}', so the node '{3}' fails when it runs{4}",
        RuleSeverity.Warning);

    /// <summary>A node leaves out an argument that its function needs.</summary>
    public static readonly DiagnosticRule ArgumentMissing = new(
        "FLOW3023",
        "A node leaves out an argument that its function needs",
        "The function '{0}' in '{1}' needs the argument '{2}', so the node '{3}' fails when it runs; add it to the node's inputs, or give the parameter a default",
        RuleSeverity.Warning);

    /// <summary>A file that the flow names is not in its folder. A build that deploys nothing goes on.</summary>
    public static readonly DiagnosticRule SourceMissing = new(
        "FLOW3024",
        "A file of the flow is missing",
        "The file '{0}' is not in the flow's folder, so the flow cannot be deployed; {1}",
        RuleSeverity.Warning);

    /// <summary>The flow's samples.json is no request of the flow.</summary>
    public static readonly DiagnosticRule SamplesDoNotFit = new(
        "FLOW3025",
        "samples.json does not fit the flow",
        "The first row of samples.json is not a request of the flow and is not sent to verify the deployment: {0}; correct it, remove the file, or name another one with FlowVerifyRequest",
        RuleSeverity.Warning);

    /// <summary>A template variable has the name of a parameter of the node's own function.</summary>
    public static readonly DiagnosticRule ReservedTemplateVariable = new(
        "FLOW3101",
        "A template variable has a reserved name",
        "The variable '{0}' cannot be used in a template of '{1}', since every {2} node has a parameter of that name; rename it here and in the node's inputs",
        RuleSeverity.Error);

    /// <summary>A template variable that the node does not fill.</summary>
    public static readonly DiagnosticRule TemplateVariableWithoutInput = new(
        "FLOW3102",
        "A template variable is not filled",
        "The node '{1}' has no input '{0}', so this is rendered as nothing; add it to the node's inputs{2}",
        RuleSeverity.Warning);

    /// <summary>The rules of this area, ordered by id.</summary>
    public static IReadOnlyList<DiagnosticRule> All { get; } =
    [
        FileNotFound, LinkLeavesFolder, IncludeOutside, EmptyPackage, SecretLeftOut, IncludeReplaces, InvalidName, LinkCircle,
        SourceOutside, RequirementsNotInstalled, IgnorePatternFaulty, NotAFile, RequestLacksInput, RequestValueDoesNotFit,
        RequestMemberUnknown, PathOutside, NotRegularFile, FileTooLarge, IncludeExcluded, PathExcluded, NotUtf8, ArgumentUnknown,
        ArgumentMissing, SourceMissing, SamplesDoNotFit, ReservedTemplateVariable, TemplateVariableWithoutInput,
    ];
}
