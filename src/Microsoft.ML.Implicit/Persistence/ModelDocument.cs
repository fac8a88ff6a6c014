using System.Text.Json;

namespace Microsoft.ML.Implicit.Persistence;

/// <summary>
/// A model as named fields and named tensors, laid out as a safetensors file: the length of a header, the header in JSON with fields as its
/// metadata and a table of the tensors (types, shapes, offsets), and their numbers. The table is checked against the data as a whole before any
/// of it is used, so that nothing is allocated for what is not there.
/// </summary>
/// <remarks>
/// A later version may add fields, tensors and sections. What a reader does not ask for is refused, unless it stands in a section that says of
/// itself that it changes nothing.
/// </remarks>
internal sealed class ModelDocument
{
    public const string MetadataName = "__metadata__";
    public const string WriterName = "document.written_by";
    public const string IgnorableName = "document.ignorable";
    public const string TypeName = "dtype";
    public const string ShapeName = "shape";
    public const string OffsetsName = "data_offsets";

    private readonly Dictionary<string, string> _fields = [];
    private readonly Dictionary<string, DocumentTensor> _tensors = [];
    private readonly HashSet<string> _asked = [WriterName, IgnorableName];

    private ModelDocument()
    {
    }

    /// <summary>Bytes of all tensors: no model can have more numbers than stand behind them.</summary>
    public long TensorBytes { get; private set; }

    public DocumentReader Root => new(this, string.Empty);

    /// <exception cref="FormatException">The data is no document, or its table does not fit it.</exception>
    public static ModelDocument Parse(ReadOnlyMemory<byte> data)
    {
        long header = data.Length < sizeof(long) ? -1 : BitConverter.ToInt64(data.Span);
        if (header < 0 || header > data.Length - sizeof(long))
        {
            throw new FormatException("The model file has no header.");
        }

        ReadOnlyMemory<byte> numbers = data[(int)(sizeof(long) + header)..];
        var document = new ModelDocument { TensorBytes = numbers.Length };
        try
        {
            using var json = JsonDocument.Parse(data.Slice(sizeof(long), (int)header));
            document.ReadHeader(json.RootElement, numbers);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new FormatException("The model file's header is not one.", exception);
        }

        return document;
    }

    public string? FindField(string name)
    {
        _asked.Add(name);
        return _fields.GetValueOrDefault(name);
    }

    public DocumentTensor? FindTensor(string name)
    {
        _asked.Add(name);
        return _tensors.GetValueOrDefault(name);
    }

    /// <summary>Makes sure that nothing was left out that could change what the model does. A tensor without elements could not.</summary>
    /// <exception cref="FormatException">There is a field or tensor that no reader asked for.</exception>
    public void EnsureUnderstood()
    {
        string[] ignorable = Root.Texts(IgnorableName);
        IEnumerable<string> names = _fields.Keys.Concat(_tensors.Where(tensor => !tensor.Value.IsEmpty).Select(tensor => tensor.Key));
        if (names.FirstOrDefault(name => !_asked.Contains(name) && !Array.Exists(ignorable, section => name.StartsWith(section, StringComparison.Ordinal))) is { } unknown)
        {
            throw new FormatException(
                $"The model file holds '{unknown}', which this version of Microsoft.ML.Implicit does not know. It was written by version {_fields.GetValueOrDefault(WriterName)}: use that version or a later one.");
        }
    }

    private void ReadHeader(JsonElement header, ReadOnlyMemory<byte> numbers)
    {
        long end = 0;
        foreach (JsonProperty entry in header.EnumerateObject())
        {
            if (entry.Name == MetadataName)
            {
                foreach (JsonProperty field in entry.Value.EnumerateObject())
                {
                    Add(_fields, field.Name, field.Value.GetString() ?? throw new FormatException($"The model file's field '{field.Name}' is empty."));
                }

                continue;
            }

            Add(_tensors, entry.Name, ReadTensor(entry, numbers, end));
            end += _tensors[entry.Name].Bytes.Length;
        }

        if (end != numbers.Length)
        {
            throw new FormatException($"The model file's tensors take {end} bytes, and it holds {numbers.Length}.");
        }
    }

    // One follows on another, as the format demands.
    private static DocumentTensor ReadTensor(JsonProperty entry, ReadOnlyMemory<byte> numbers, long start)
    {
        var type = DocumentTensor.TypeOf(entry.Value.GetProperty(TypeName).GetString() ?? string.Empty);
        long[] shape = Numbers(ShapeName), offsets = Numbers(OffsetsName);
        long length = DocumentTensor.LengthOf(type, shape);
        return offsets.Length == 2 && offsets[0] == start && length <= numbers.Length - start && offsets[1] == start + length
            ? new DocumentTensor(type, shape, numbers.Slice((int)start, (int)length))
            : throw new FormatException($"Tensor '{entry.Name}' of the file does not lie where its size and the tensors before it put it.");

        long[] Numbers(string name) => [.. entry.Value.GetProperty(name).EnumerateArray().Select(number => number.GetInt64())];
    }

    private static void Add<T>(Dictionary<string, T> entries, string name, T value)
    {
        if (!entries.TryAdd(name, value))
        {
            throw new FormatException($"The model file holds '{name}' twice.");
        }
    }
}
