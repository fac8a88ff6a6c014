using Microsoft.ML.Implicit.Onnx;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <content>The evaluator within an ONNX file. A row that is no point of the manifold gives NaN there, for a file cannot throw.</content>
internal sealed partial class DensityEvaluator
{
    /// <summary>Maps rows to latent vectors float64 [rows, features], log densities and mean squares float64 [rows, 1].</summary>
    /// <param name="features">[rows, features].</param>
    /// <param name="context">[rows, context].</param>
    /// <param name="tolerance">Tolerance of log densities, in nats.</param>
    public (OnnxValue Latent, OnnxValue LogDensity, OnnxValue MeanSquare) Encode(OnnxValue features, OnnxValue? context, double tolerance)
    {
        using IDisposable noGradient = no_grad();
        (OnnxValue isValid, OnnxValue values, OnnxValue? contextValues) = Valid(features, context);
        (OnnxValue latent, OnnxValue logDensity, OnnxValue meanSquare) = _network.Encode(values, contextValues, PrecisionFor(tolerance), Solver(tolerance));
        return (isValid.Where(latent, double.NaN), isValid.Where(logDensity, double.NaN), isValid.Where(meanSquare, double.NaN));
    }

    /// <summary>Maps latent vectors to rows, float64 [rows, features].</summary>
    /// <param name="latent">[rows, features].</param>
    /// <param name="context">[rows, context].</param>
    /// <param name="tolerance">Tolerance of log densities, in nats.</param>
    public OnnxValue Decode(OnnxValue latent, OnnxValue? context, double tolerance)
    {
        using IDisposable noGradient = no_grad();
        (OnnxValue isValid, OnnxValue values, OnnxValue? contextValues) = Valid(latent, context);
        return isValid.Where(_network.Decode(values, contextValues, PrecisionFor(tolerance), Solver(tolerance)), double.NaN);
    }

    private static OnnxType PrecisionFor(double tolerance) => tolerance < SmallestSingleTolerance ? OnnxType.Double : OnnxType.Single;

    // Which rows are finite points, and all rows with numbers in the place of what is not.
    private (OnnxValue IsValid, OnnxValue Values, OnnxValue? Context) Valid(OnnxValue features, OnnxValue? context)
    {
        OnnxValue isValid = features.IsFinite().All(1);
        isValid = context is null ? isValid : isValid & context.IsFinite().All(1);
        OnnxValue values = isValid.Where(features, 0);
        isValid = Layout.IsPoint(values) is { } isPoint ? isValid & isPoint : isValid;

        // Ones lie in the range of angles and give vectors a direction, which zeros have not.
        return (isValid, isValid.Where(features, Layout.Spheres.Count > 0 ? 1 : 0), context is null ? null : isValid.Where(context, 0));
    }
}
