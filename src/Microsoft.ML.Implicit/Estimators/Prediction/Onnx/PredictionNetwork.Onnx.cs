using Microsoft.ML.Implicit.Onnx;

namespace Microsoft.ML.Implicit.Estimators;

/// <content>The network within an ONNX file.</content>
internal abstract partial class PredictionNetwork
{
    /// <summary>Predicts.</summary>
    /// <param name="input">Embedded rows [rows, inputWidth].</param>
    /// <returns>[rows, outputs].</returns>
    public abstract OnnxValue Predict(OnnxValue input);

    /// <summary>The head's outputs, of what it reads [rows, features].</summary>
    private protected OnnxValue Output(OnnxValue features) => features.MatrixProduct(features.Graph.Constant(_headWeight)) + features.Graph.Constant(_headBias);
}
