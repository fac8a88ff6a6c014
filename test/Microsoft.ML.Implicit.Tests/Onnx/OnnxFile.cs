using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Microsoft.ML.Implicit.Tests.Onnx;

/// <summary>A model as an ONNX file in memory, scored by ONNX Runtime as programs without ML.NET do.</summary>
internal sealed class OnnxFile : IDisposable
{
    private readonly InferenceSession _session;

    private OnnxFile(byte[] bytes)
    {
        Bytes = bytes;
        using var options = new SessionOptions { IntraOpNumThreads = 1 };
        _session = new InferenceSession(bytes, options);
    }

    public byte[] Bytes { get; }

    public static OnnxFile Of(MLContext ml, ITransformer model, IDataView data, params string[] outputs)
    {
        using var stream = new MemoryStream();
        if (outputs.Length == 0)
        {
            ml.Model.ConvertToOnnx(model, data, stream);
        }
        else
        {
            ml.Model.ConvertToOnnx(model, data, stream, outputs);
        }

        return new OnnxFile(stream.ToArray());
    }

    /// <summary>Scores all rows of a view in batches of the given size.</summary>
    /// <returns>A vector a row.</returns>
    public float[][] Score(IDataView data, string output, int batchSize) => Run(data, output, batchSize, Values);

    /// <summary>The text of each row, all in one batch.</summary>
    public string[] ScoreText(IDataView data, string output) => [.. Run<string>(data, output, int.MaxValue, value => [.. value.AsEnumerable<string>()]).Select(row => row[0])];

    public void Dispose() => _session.Dispose();

    private T[][] Run<T>(IDataView data, string output, int batchSize, Func<DisposableNamedOnnxValue, T[]> read)
    {
        Dictionary<string, Array[]> columns = _session.InputMetadata.ToDictionary(input => input.Key, input => Column(data, input.Key));
        int rows = columns.Values.First().Length;
        var result = new List<T[]>();
        for (int first = 0; first < rows; first += batchSize)
        {
            int count = Math.Min(batchSize, rows - first);
            NamedOnnxValue[] inputs = [.. _session.InputMetadata.Select(input => Input(input.Key, input.Value, columns[input.Key].AsSpan(first, count)))];
            using IDisposableReadOnlyCollection<DisposableNamedOnnxValue> outputs = _session.Run(inputs, [$"{output}.output"]);
            T[] values = read(outputs.Single());
            int width = values.Length / count;
            result.AddRange(Enumerable.Range(0, count).Select(row => values[(row * width)..((row + 1) * width)]));
        }

        return [.. result];
    }

    private static Array[] Column(IDataView data, string name) => data.Schema[name].Type switch
    {
        VectorDataViewType vector when vector.ItemType.RawType == typeof(double) => [.. data.GetColumn<double[]>(name)],
        VectorDataViewType => [.. data.GetColumn<float[]>(name)],
        TextDataViewType => [.. data.GetColumn<string>(name).Select(value => new[] { value })],
        BooleanDataViewType => [.. data.GetColumn<bool>(name).Select(value => new[] { value })],
        KeyDataViewType => [.. data.GetColumn<uint>(name).Select(value => new[] { value })],
        NumberDataViewType type when type.RawType == typeof(double) => [.. data.GetColumn<double>(name).Select(value => new[] { value })],
        _ => [.. data.GetColumn<float>(name).Select(value => new[] { value })],
    };

    private static NamedOnnxValue Input(string name, NodeMetadata metadata, ReadOnlySpan<Array> rows)
    {
        int[] shape = [rows.Length, .. metadata.Dimensions.Skip(1)];
        return rows[0] switch
        {
            float[] => NamedOnnxValue.CreateFromTensor(name, Tensor<float>(rows, shape)),
            string[] => NamedOnnxValue.CreateFromTensor(name, Tensor<string>(rows, shape)),
            bool[] => NamedOnnxValue.CreateFromTensor(name, Tensor<bool>(rows, shape)),
            uint[] => NamedOnnxValue.CreateFromTensor(name, Tensor<uint>(rows, shape)),
            _ => NamedOnnxValue.CreateFromTensor(name, Tensor<double>(rows, shape)),
        };
    }

    private static DenseTensor<T> Tensor<T>(ReadOnlySpan<Array> rows, int[] shape) => new(rows.ToArray().SelectMany(row => (T[])row).ToArray(), shape);

    private static float[] Values(DisposableNamedOnnxValue output) => output.ElementType switch
    {
        TensorElementType.Float => [.. output.AsEnumerable<float>()],
        TensorElementType.Bool => [.. output.AsEnumerable<bool>().Select(value => value ? 1f : 0f)],
        _ => [.. output.AsEnumerable<uint>().Select(value => (float)value)],
    };
}
