using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Persistence;

/// <summary>Reads a section of a <see cref="ModelDocument"/> by names. Whatever is asked for must be there, unless it is said to be optional.</summary>
internal sealed class DocumentReader(ModelDocument document, string prefix)
{
    /// <inheritdoc cref="ModelDocument.TensorBytes"/>
    public long TensorBytes => document.TensorBytes;

    public DocumentReader Section(string name) => new(document, $"{prefix}{name}.");

    public string? OptionalText(string name) => document.FindField(prefix + name);

    /// <exception cref="FormatException">There is no such field.</exception>
    public string Text(string name) => OptionalText(name) ?? throw Lacking("field", name);

    /// <exception cref="FormatException">There is no such field, or it is no such number.</exception>
    public int Int32(string name) => Value<int>(name);

    /// <inheritdoc cref="Int32"/>
    public long Int64(string name) => Value<long>(name);

    /// <inheritdoc cref="Int32"/>
    public double Double(string name) => Value<double>(name);

    /// <inheritdoc cref="Int32"/>
    public float Single(string name) => (float)Double(name);

    /// <exception cref="FormatException">There is no such field, or it is neither true nor false.</exception>
    public bool Boolean(string name) => Text(name) switch
    {
        "true" => true,
        "false" => false,
        _ => throw Impossible(name),
    };

    /// <exception cref="FormatException">There is no such field, or it is none of the values that this version knows.</exception>
    public TEnum Enum<TEnum>(string name)
        where TEnum : struct, Enum => ToEnum<TEnum>(Text(name), name);

    /// <exception cref="FormatException">There is no such list, or it holds a value that this version does not know.</exception>
    public TEnum[] Enums<TEnum>(string name)
        where TEnum : struct, Enum => Array.ConvertAll(Texts(name), text => ToEnum<TEnum>(text, name));

    /// <exception cref="FormatException">There is no such field, or it is no list of texts.</exception>
    public string[] Texts(string name) => OptionalTexts(name) ?? throw Lacking("field", name);

    /// <exception cref="FormatException">The field is no list of texts.</exception>
    public string[]? OptionalTexts(string name)
    {
        try
        {
            return OptionalText(name) is not { } text ? null
                : JsonSerializer.Deserialize<string[]>(text) is { } values && Array.TrueForAll(values, value => value is not null) ? values
                : throw Impossible(name);
        }
        catch (JsonException exception)
        {
            throw new FormatException($"The model file's field '{prefix}{name}' is no list of texts.", exception);
        }
    }

    /// <exception cref="FormatException">There is no such vector.</exception>
    public double[] Doubles(string name) => MemoryMarshal.Cast<byte, double>(Vector(name, ScalarType.Float64)).ToArray();

    /// <exception cref="FormatException">There is no such vector.</exception>
    public float[] Singles(string name) => MemoryMarshal.Cast<byte, float>(Vector(name, ScalarType.Float32)).ToArray();

    /// <exception cref="FormatException">There is no such vector.</exception>
    public int[] Int32s(string name) => MemoryMarshal.Cast<byte, int>(Vector(name, ScalarType.Int32)).ToArray();

    /// <exception cref="FormatException">There is no such vector.</exception>
    public byte[] Bytes(string name) => Vector(name, ScalarType.Byte).ToArray();

    public DocumentTensor? OptionalTensor(string name) => document.FindTensor(prefix + name);

    /// <summary>Reads the parameters and buffers of a module. A tensor without elements may be missing.</summary>
    /// <param name="name">The section that they are in.</param>
    /// <param name="module">Receives them.</param>
    /// <param name="addedNames">Tensors that older files lack: the module's stay as they are.</param>
    /// <exception cref="FormatException">A tensor is missing, differs in shape or type from the module's, or has a number that is not finite or, as a weight, too large.</exception>
    public void Read(string name, nn.Module module, params IEnumerable<string> addedNames)
    {
        DocumentReader section = Section(name);
        foreach ((string key, Tensor target) in module.state_dict())
        {
            if (section.OptionalTensor(key) is { } tensor)
            {
                tensor.CopyTo($"{prefix}{name}.{key}", target);
                if (target is Parameter weights)
                {
                    StoredTensor.CheckWeights(weights, $"{prefix}{name}.{key}");
                }
            }
            else if (target.numel() > 0 && !addedNames.Contains(key))
            {
                throw section.Lacking("tensor", key);
            }
        }
    }

    // Its names alone: numbers parse too, whether or not they stand for something.
    private TEnum ToEnum<TEnum>(string text, string name)
        where TEnum : struct, Enum => Array.IndexOf(System.Enum.GetNames<TEnum>(), text) >= 0 ? System.Enum.Parse<TEnum>(text) : throw Impossible(name);

    private ReadOnlySpan<byte> Vector(string name, ScalarType type)
    {
        DocumentTensor tensor = OptionalTensor(name) ?? throw Lacking("tensor", name);
        return tensor.Type == type && tensor.Shape.Length == 1 ? tensor.Bytes.Span : throw Impossible(name);
    }

    private T Value<T>(string name)
        where T : IParsable<T> => T.TryParse(Text(name), CultureInfo.InvariantCulture, out T? value) ? value : throw Impossible(name);

    private FormatException Lacking(string kind, string name) => new($"The model file lacks the {kind} '{prefix}{name}'.");

    private FormatException Impossible(string name) => new($"The model file's '{prefix}{name}' is not what it should be, or of a later version of Microsoft.ML.Implicit.");
}
