using Microsoft.ML.Implicit.Onnx;

namespace Microsoft.ML.Implicit.Estimators;

/// <content>The ensemble within an ONNX file.</content>
internal sealed partial class PredictionEnsemble
{
    /// <summary>Scores finite features [rows, features].</summary>
    public OnnxValue Score(OnnxValue features, PredictionTask task)
    {
        OnnxValue input = _encoder.Encode(features);
        OnnxValue[] scores = Array.ConvertAll(_networks, network => task.Score(network.Predict(network.Categories.Embed(input))));
        return scores.Length == 1 ? scores[0] : task.Average(OnnxValue.Concatenate(0, Array.ConvertAll(scores, score => score.Unsqueeze(0))));
    }
}
