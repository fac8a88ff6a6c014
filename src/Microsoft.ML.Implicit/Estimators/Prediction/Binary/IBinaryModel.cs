using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Onnx;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>A transformer that may hold a binary model, whatever its kind of network.</summary>
internal interface IBinaryModel
{
    string FeatureColumnName { get; }

    DataViewType FeatureColumnType { get; }

    /// <summary>Whether what it predicts is a Boolean.</summary>
    bool IsBinary { get; }

    /// <summary>Why the model is not written to ONNX, or <see langword="null"/>.</summary>
    string? OnnxObstacle { get; }

    /// <inheritdoc cref="PredictionModelParameters.TryRead"/>
    /// <exception cref="ObjectDisposedException">The transformer was disposed of.</exception>
    bool TryRead(in VBuffer<float> features, ref VBuffer<float> row);

    /// <summary>Scores rows from <see cref="TryRead"/>.</summary>
    /// <exception cref="ObjectDisposedException">The transformer was disposed of.</exception>
    void Score(VBuffer<float>[] rows, float[] scores);

    /// <summary>Scores rows within an ONNX file.</summary>
    /// <exception cref="ObjectDisposedException">The transformer was disposed of.</exception>
    IReadOnlyList<OnnxValue> Score(OnnxValue features);
}
