using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Weights from 0 to 1 of a network's training rows: the log-odds are a line in those that the rows' labels have with networks that have not seen them.</summary>
/// <param name="Agreement">These log-odds.</param>
/// <param name="Offset">Of the line.</param>
/// <param name="LogSlope">Of the line.</param>
internal sealed record NetworkExampleWeights(float[] Agreement, double Offset, double LogSlope)
{
    /// <summary>The weights.</summary>
    public double[] Values => [.. Agreement.Select(odds => 1 / (1 + Math.Exp(-Offset - (Math.Exp(LogSlope) * odds))))];

    /// <summary>The rows, with their weights multiplied.</summary>
    public TrainingSet Apply(TrainingSet rows)
    {
        Tensor factors = tensor(Array.ConvertAll(Values, value => (float)value), device: rows.Labels.device);
        Tensor weights = rows.Weights is null ? factors : rows.Weights * factors;
        return rows with { Weights = weights / weights.mean().clamp_min(float.Epsilon.Held()) };
    }
}
