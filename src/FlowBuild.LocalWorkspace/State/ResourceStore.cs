using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace FlowBuild.LocalWorkspace.State;

/// <summary>
/// The control plane's memory: values by key, one file each, durable before a change is acknowledged. Reads give copies, so
/// nothing outside can change what is stored.
/// </summary>
internal sealed class ResourceStore
{
    private readonly string _folder;
    private readonly SortedDictionary<string, byte[]> _values = new(StringComparer.Ordinal);

    /// <summary>Opens the store and reads all that it holds.</summary>
    public ResourceStore(StateFolder folder)
    {
        _folder = folder.Subfolder("resources");
        DurableFile.RemoveUnfinished(_folder);
        foreach (var file in Directory.EnumerateFiles(_folder, "*.json"))
        {
            var stored = Read(folder, file);
            _values[stored.Key] = JsonSerializer.SerializeToUtf8Bytes(stored.Value);
        }
    }

    /// <summary>Held over every read-check-write of a change, so that changes are one after the other.</summary>
    public object Gate { get; } = new();

    /// <summary>Set after every change.</summary>
    public ChangeSignal Changes { get; } = new();

    /// <summary>The value of a key, or null.</summary>
    public T? Find<T>(string key)
        where T : class
    {
        lock (Gate)
        {
            return _values.TryGetValue(key, out var bytes) ? JsonSerializer.Deserialize<T>(bytes) : null;
        }
    }

    /// <summary>The values whose keys begin with a prefix and go no level deeper, in the order of their keys.</summary>
    public IReadOnlyList<T> List<T>(string prefix)
        where T : class
    {
        lock (Gate)
        {
            return
            [
                .. _values
                    .Where(pair => pair.Key.StartsWith(prefix, StringComparison.Ordinal) && !pair.Key.AsSpan(prefix.Length).Contains('/'))
                    .Select(pair => JsonSerializer.Deserialize<T>(pair.Value)!),
            ];
        }
    }

    /// <summary>Stores a value. When it returns, the value has reached the disk.</summary>
    public void Put<T>(string key, T value)
        where T : class
    {
        lock (Gate)
        {
            var element = JsonSerializer.SerializeToElement(value);
            DurableFile.Write(FileOf(key), JsonSerializer.SerializeToUtf8Bytes(new StoredValue(key, element)));
            _values[key] = JsonSerializer.SerializeToUtf8Bytes(element);
        }

        Changes.Set();
    }

    /// <summary>Forgets a value, durably.</summary>
    public void Delete(string key)
    {
        lock (Gate)
        {
            if (_values.Remove(key))
            {
                DurableFile.Delete(FileOf(key));
            }
        }

        Changes.Set();
    }

    private static StoredValue Read(StateFolder folder, string file)
    {
        try
        {
            return JsonSerializer.Deserialize<StoredValue>(File.ReadAllBytes(file)) is { Key: not null, Value.ValueKind: JsonValueKind.Object } stored
                ? stored
                : throw folder.Damaged(file);
        }
        catch (JsonException e)
        {
            throw folder.Damaged(file, e);
        }
    }

    // Keys hold names that users choose; the file name must not.
    private string FileOf(string key) => Path.Combine(_folder, Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(key))) + ".json");

    private sealed record StoredValue(string Key, JsonElement Value);
}
