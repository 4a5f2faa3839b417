namespace FlowBuild.Definitions.Diagnostics;

/// <summary>
/// FLOW2xxx: endpoint, deployment, model and environment files. Errors are what az ml or the service refuses; advice is from FLOW2101.
/// </summary>
public static class DeploymentRules
{
    /// <summary>The text is no YAML.</summary>
    public static readonly DiagnosticRule InvalidYaml = Error(
        "FLOW2001", "The file is no valid YAML", "This is not valid YAML: {0}");

    /// <summary>The text is empty, or no mapping.</summary>
    public static readonly DiagnosticRule NotADefinition = Error(
        "FLOW2002", "The file defines nothing", "This file defines nothing: {0}");

    /// <summary>An endpoint file where a deployment is expected, and the like.</summary>
    public static readonly DiagnosticRule WrongKindOfFile = Error(
        "FLOW2003", "The file is of another kind", "This is {0} file (it has '{1}'), and {2} file is expected here");

    /// <summary>A key that az ml refuses.</summary>
    public static readonly DiagnosticRule UnknownKey = Error(
        "FLOW2004", "The key is unknown", "'{0}' is no key of {1}{2}");

    /// <summary>A key of another kind of file, or of an older version.</summary>
    public static readonly DiagnosticRule ForeignKey = Error(
        "FLOW2005", "The key does not belong here", "'{0}' is no key of {1}: {2}");

    /// <summary>A key that must be there.</summary>
    public static readonly DiagnosticRule MissingKey = Error(
        "FLOW2006", "A key is missing", "The key '{1}' is missing from {0}: {2}");

    /// <summary>A value of the wrong type.</summary>
    public static readonly DiagnosticRule WrongType = Error(
        "FLOW2007", "A value has the wrong type", "'{0}' must be {1}, and this is {2}{3}");

    /// <summary>A value outside its range.</summary>
    public static readonly DiagnosticRule OutOfRange = Error(
        "FLOW2008", "A value is out of range", "'{0}' must be {1}, and this is {2}");

    /// <summary>A word that is none of the known ones.</summary>
    public static readonly DiagnosticRule UnknownWord = Error(
        "FLOW2009", "The word is unknown", "'{0}' is no value of '{1}'{2}");

    /// <summary>A text that breaks the rule of its key, such as a name.</summary>
    public static readonly DiagnosticRule InvalidText = Error(
        "FLOW2010", "A text breaks the rule of its key", "'{0}' cannot be '{1}': {2}");

    /// <summary>A reference that az ml cannot read.</summary>
    public static readonly DiagnosticRule InvalidReference = Error(
        "FLOW2011", "A reference cannot be read", "'{0}' is no reference to a registered {1}{2}");

    /// <summary><c>type: Kubernetes</c>, which az ml silently takes for managed.</summary>
    public static readonly DiagnosticRule KindInWrongCase = Error(
        "FLOW2012",
        "The kind of deployment is in the wrong case",
        "'{0}' would be taken for a managed deployment, since az ml compares this word exactly; write 'kubernetes'");

    /// <summary>A template in a place that decides what is deployed.</summary>
    public static readonly DiagnosticRule TemplateNotFilled = Error(
        "FLOW2013", "A template was not filled in", "'{0}' in '{1}' is a template that nobody fills in here; write the value");

    /// <summary>Keys that exclude each other.</summary>
    public static readonly DiagnosticRule Conflict = Error(
        "FLOW2014", "Two settings exclude each other", "{0}");

    /// <summary><c>PROMPTFLOW_RESPONSE_INCLUDED_FIELDS</c> that the server cannot read.</summary>
    public static readonly DiagnosticRule InvalidResponseFields = Error(
        "FLOW2015",
        "The response fields cannot be read",
        "PROMPTFLOW_RESPONSE_INCLUDED_FIELDS must be a JSON array of output names such as '[\"answer\"]': {0}");

    /// <summary>Traffic that does not add up.</summary>
    public static readonly DiagnosticRule InvalidTraffic = Error(
        "FLOW2016", "The traffic does not add up", "{0}");

    /// <summary>An override that cannot be applied.</summary>
    public static readonly DiagnosticRule InvalidOverride = Error(
        "FLOW2017", "An override cannot be applied", "The override of '{0}' in FlowSet cannot be applied: {1}");

    /// <summary>A deployment of a flow without an environment.</summary>
    public static readonly DiagnosticRule EnvironmentMissing = Error(
        "FLOW2111",
        "The deployment of a flow has no environment",
        "The deployment '{0}' serves a flow and has no 'environment', in which the flow's server runs; add 'environment:' with an image, or 'azureml:NAME:VERSION'");

    /// <summary>A file that is not UTF-8.</summary>
    public static readonly DiagnosticRule NotUtf8 = Error(
        "FLOW2120", "The file is not UTF-8", "This is not UTF-8, the encoding in which az ml reads its files: {0}; save the file as UTF-8");

    /// <summary>A conda definition that defines no packages.</summary>
    public static readonly DiagnosticRule CondaWithoutDependencies = Error(
        "FLOW2121",
        "The conda file is not a conda definition",
        "A conda file is a mapping with a list 'dependencies', and {0}; write 'dependencies:' with the packages, those of pip in a list below '- pip:'");

    /// <summary>A scoring script that Python cannot import.</summary>
    public static readonly DiagnosticRule ScriptNotPython = Error(
        "FLOW2122",
        "The scoring script is not a Python file",
        "The scoring script '{0}' cannot be imported as Python: {1}; name a Python file with the functions init() and run()");

    /// <summary>A probe whose time-out is as long as a request may take.</summary>
    public static readonly DiagnosticRule ProbeTimeout = Warning(
        "FLOW2123",
        "The time-out of a probe is too long",
        "'{0}.timeout' is {1} seconds, and a probe must answer in less than 300; write the seconds that the route needs to answer, 2 by default");

    /// <summary>A chat property of the model that names nothing of the flow.</summary>
    public static readonly DiagnosticRule ChatPropertyUnknown = Warning(
        "FLOW2124",
        "A chat property of the model names nothing of the flow",
        "'{0}' is '{1}', and the flow has no {2} '{3}'{4}");

    /// <summary>One key twice in a mapping; az ml silently takes the last one.</summary>
    public static readonly DiagnosticRule DuplicateKey = Warning(
        "FLOW2101",
        "A key occurs twice",
        "The key '{0}' occurs twice in one mapping, first in line {1}, and only this last one counts; remove one of the two");

    /// <summary>A template in a text that is only passed on.</summary>
    public static readonly DiagnosticRule LeftoverTemplate = Warning(
        "FLOW2102",
        "A text holds a template",
        "'{0}' in '{1}' looks like a template, and it is passed on as it is, since nothing expands it here; write the value");

    /// <summary>A version that YAML reads as another number than it looks.</summary>
    public static readonly DiagnosticRule VersionIsNumber = Warning(
        "FLOW2103", "A version is read as a number", "The version '{0}' is a number in YAML and means '{1}'; put it in quotes");

    /// <summary>A container image of prompt flow, which is being retired.</summary>
    public static readonly DiagnosticRule RetiringImage = Warning(
        "FLOW2104",
        "The image retires",
        "The image '{0}' gets no updates any more and is announced to be unavailable after 2027-04-20; use an image of your own");

    /// <summary>A setting that the service no longer uses.</summary>
    public static readonly DiagnosticRule Deprecated = Warning(
        "FLOW2105", "A setting is deprecated", "'{0}' is deprecated: {1}");

    /// <summary>A value that is a secret by its form, or by the name of its environment variable, and stands in plain text.</summary>
    public static readonly DiagnosticRule SecretInPlainText = Warning(
        "FLOW2106",
        "A secret stands in plain text",
        "'{0}' {1}, and its value stands in the file; write ${{{{azureml://connections/NAME/credentials/key}}}} or ${{{{keyvault:URL}}}}, or set it with FlowSet from the environment");

    /// <summary>A run mode in which prompt flow's image serves nothing.</summary>
    public static readonly DiagnosticRule RunModeNotServing = Warning(
        "FLOW2107", "The run mode does not serve", "PROMPTFLOW_RUN_MODE is '{0}', and the image serves a flow only as 'serving'; write that, or remove the variable");

    /// <summary><c>PRT_CONFIG_OVERRIDE</c> with names that are not the file's.</summary>
    public static readonly DiagnosticRule OverrideDisagrees = Error(
        "FLOW2108", "PRT_CONFIG_OVERRIDE disagrees with the file", "In PRT_CONFIG_OVERRIDE {0}; {1}");

    /// <summary>A response field that the server never returns.</summary>
    public static readonly DiagnosticRule UnknownResponseField = Warning(
        "FLOW2109", "A response field is never returned", "PROMPTFLOW_RESPONSE_INCLUDED_FIELDS lists '{0}', which is never returned: {1}{2}");

    /// <summary>A route that prompt flow's server does not have.</summary>
    public static readonly DiagnosticRule RouteNotServed = Warning(
        "FLOW2110", "A route is not prompt flow's", "'{0}' is '{1}', and prompt flow's server answers at '{2}'; write that, unless your image has another server");

    /// <summary>The rules of this area, ordered by id.</summary>
    public static IReadOnlyList<DiagnosticRule> All { get; } =
    [
        InvalidYaml, NotADefinition, WrongKindOfFile, UnknownKey, ForeignKey, MissingKey, WrongType, OutOfRange, UnknownWord, InvalidText,
        InvalidReference, KindInWrongCase, TemplateNotFilled, Conflict, InvalidResponseFields, InvalidTraffic, InvalidOverride, DuplicateKey,
        LeftoverTemplate, VersionIsNumber, RetiringImage, Deprecated, SecretInPlainText, RunModeNotServing, OverrideDisagrees,
        UnknownResponseField, RouteNotServed, EnvironmentMissing, NotUtf8, CondaWithoutDependencies, ScriptNotPython, ProbeTimeout,
        ChatPropertyUnknown,
    ];

    private static DiagnosticRule Error(string id, string title, string message) => new(id, title, message, RuleSeverity.Error);

    private static DiagnosticRule Warning(string id, string title, string message) => new(id, title, message, RuleSeverity.Warning);
}
