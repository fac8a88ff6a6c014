using Microsoft.ML.Implicit.Onnx;

namespace Microsoft.ML.Implicit.Estimators;

/// <content>The vectors within an ONNX file.</content>
internal sealed partial class CategoryEmbedding
{
    /// <summary>Puts vectors in the place of categories.</summary>
    /// <param name="encoded">[rows, encodedWidth].</param>
    /// <returns>[rows, <see cref="Width"/>].</returns>
    public OnnxValue Embed(OnnxValue encoded)
    {
        if (_tables.Length == 0)
        {
            return encoded;
        }

        IEnumerable<OnnxValue> vectors = _tables.Select((table, i) =>
            encoded.Graph.Constant(table).Gather(0, encoded.Slice(1, _numberCount + i, _numberCount + i + 1).To(OnnxType.Int64).Reshape(-1)));
        OnnxValue[] numbers = _numberCount > 0 ? [encoded.Slice(1, 0, _numberCount)] : [];
        return OnnxValue.Concatenate(1, [.. numbers, .. vectors]);
    }
}
