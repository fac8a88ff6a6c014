using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.Json;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Persistence;

/// <summary>Writes a <see cref="ModelDocument"/>, or a section of one.</summary>
internal sealed class DocumentWriter
{
    private const int Alignment = 8;

    private readonly Dictionary<string, string> _fields;
    private readonly Dictionary<string, DocumentTensor> _tensors;
    private readonly List<string> _ignorable;
    private readonly string _prefix;

    public DocumentWriter()
        : this([], [], [], string.Empty)
    {
    }

    private DocumentWriter(Dictionary<string, string> fields, Dictionary<string, DocumentTensor> tensors, List<string> ignorable, string prefix) =>
        (_fields, _tensors, _ignorable, _prefix) = (fields, tensors, ignorable, prefix);

    /// <summary>A section, whose names begin with its own.</summary>
    public DocumentWriter Section(string name) => new(_fields, _tensors, _ignorable, $"{_prefix}{name}.");

    /// <summary>A section that does not change what the model does: a reader that does not know something in it may leave it out.</summary>
    public DocumentWriter IgnorableSection(string name)
    {
        _ignorable.Add($"{_prefix}{name}.");
        return Section(name);
    }

    /// <summary>Writes a text, unless it is null.</summary>
    public void Write(string name, string? value)
    {
        if (value is not null)
        {
            _fields.Add(_prefix + name, value);
        }
    }

    public void Write(string name, long value) => Write(name, value.ToString(CultureInfo.InvariantCulture));

    public void Write(string name, double value) => Write(name, value.ToString("R", CultureInfo.InvariantCulture));

    public void Write(string name, bool value) => Write(name, value ? "true" : "false");

    public void Write<TEnum>(string name, TEnum value)
        where TEnum : struct, Enum => Write(name, value.ToString());

    public void Write(string name, IEnumerable<string> values) => Write(name, JsonSerializer.Serialize(values));

    public void Write(string name, double[] values) => Write(name, values, [values.Length]);

    public void Write(string name, double[] values, long[] shape) => Write(name, ScalarType.Float64, shape, MemoryMarshal.AsBytes<double>(values));

    public void Write(string name, int[] values) => Write(name, ScalarType.Int32, [values.Length], MemoryMarshal.AsBytes<int>(values));

    public void Write(string name, byte[] values) => Write(name, ScalarType.Byte, [values.Length], values);

    public void Write(string name, ScalarType type, long[] shape, ReadOnlySpan<byte> numbers) =>
        _tensors.Add(_prefix + name, new DocumentTensor(type, shape, numbers.ToArray()));

    /// <summary>Writes the parameters and buffers of a module.</summary>
    public void Write(string name, nn.Module module)
    {
        DocumentWriter section = Section(name);
        foreach ((string key, Tensor value) in module.state_dict())
        {
            using Tensor local = value.detach().cpu().contiguous();
            section.Write(key, local.dtype, local.shape, local.bytes);
        }
    }

    public byte[] ToBytes()
    {
        byte[] header = Header();
        int start = sizeof(long) + ((header.Length + Alignment - 1) / Alignment * Alignment);
        byte[] data = new byte[checked(start + (int)_tensors.Values.Sum(tensor => (long)tensor.Bytes.Length))];
        BitConverter.TryWriteBytes(data, (long)start - sizeof(long));
        data.AsSpan(sizeof(long), start - sizeof(long)).Fill((byte)' ');
        header.CopyTo(data, sizeof(long));
        foreach (DocumentTensor tensor in _tensors.Values)
        {
            tensor.Bytes.CopyTo(data.AsMemory(start));
            start += tensor.Bytes.Length;
        }

        return data;
    }

    private byte[] Header()
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteStartObject(ModelDocument.MetadataName);
            json.WriteString(ModelDocument.WriterName, typeof(DocumentWriter).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0]);
            json.WriteString(ModelDocument.IgnorableName, JsonSerializer.Serialize(_ignorable));
            foreach ((string name, string value) in _fields)
            {
                json.WriteString(name, value);
            }

            json.WriteEndObject();
            long offset = 0;
            foreach ((string name, DocumentTensor tensor) in _tensors)
            {
                json.WriteStartObject(name);
                json.WriteString(ModelDocument.TypeName, tensor.TypeName);
                WriteNumbers(json, ModelDocument.ShapeName, tensor.Shape);
                WriteNumbers(json, ModelDocument.OffsetsName, [offset, offset += tensor.Bytes.Length]);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        return buffer.ToArray();
    }

    private static void WriteNumbers(Utf8JsonWriter json, string name, long[] numbers)
    {
        json.WriteStartArray(name);
        Array.ForEach(numbers, json.WriteNumberValue);
        json.WriteEndArray();
    }
}
