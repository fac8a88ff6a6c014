using Microsoft.ML.Implicit.Onnx;
using Microsoft.ML.Implicit.Solvers.Ode;

namespace Microsoft.ML.Implicit.Estimators;

/// <content>The density within an ONNX file, where rows need no grouping, since each takes steps of its own.</content>
internal sealed partial class DensityNetwork
{
    /// <summary>Maps features to latent vectors.</summary>
    /// <param name="features">Finite, [rows, features].</param>
    /// <param name="context">Finite, [rows, context].</param>
    /// <param name="precision">Precision of the flow.</param>
    /// <param name="solver">Tolerances of the solve.</param>
    /// <returns>Latent vectors float64 [rows, features], log densities and ‖u‖² / d of the points u where the flow starts, float64 [rows, 1].</returns>
    public (OnnxValue Latent, OnnxValue LogDensity, OnnxValue MeanSquare) Encode(OnnxValue features, OnnxValue? context, OnnxType precision, OdeOptions solver)
    {
        OnnxValue points = Architecture.Layout.Embed(features);
        OnnxValue? logDeterminant = null;
        if (_gaussianizer is not null)
        {
            (OnnxValue normal, logDeterminant) = _gaussianizer.Map(Linear(points)!);
            points = Join(normal, points);
        }

        OnnxPulledRows? linear = PullLinear(points), pulledContext = PullContext(context);
        var flow = new OnnxFlow(_flow, features.Graph, pulledContext?.Rows.To(precision), precision, solver);
        (OnnxValue ends, OnnxValue flowLogDeterminant) = flow.Encode(Join(linear?.Rows, points).To(precision));
        ends = ends.To(OnnxType.Double);
        OnnxValue logDensity = LogBaseDensity(ends, flowLogDeterminant.To(OnnxType.Double)) + Architecture.Layout.LogTurns;
        if (linear is not null)
        {
            logDensity = logDensity + logDeterminant! - linear.LogDensityLost(Linear(ends)!, _flow.Base.Kernel);
        }

        if (pulledContext is not null)
        {
            logDensity -= pulledContext.LogDensityLost(pulledContext.Rows, default);
        }

        return (Restore(ends, linear), logDensity, (points * points).Mean(1));
    }

    /// <summary>Maps latent vectors to features, float64 [rows, features].</summary>
    /// <param name="latent">Finite, [rows, features].</param>
    /// <param name="context">Finite, [rows, context].</param>
    /// <param name="precision">Precision of the flow.</param>
    /// <param name="solver">Tolerances of the solve.</param>
    public OnnxValue Decode(OnnxValue latent, OnnxValue? context, OnnxType precision, OdeOptions solver)
    {
        OnnxValue ends = Architecture.Layout.Embed(latent);
        OnnxPulledRows? linear = PullLinear(ends);
        var flow = new OnnxFlow(_flow, latent.Graph, PullContext(context)?.Rows.To(precision), precision, solver);
        OnnxValue points = flow.Decode(Join(linear?.Rows, ends).To(precision)).To(OnnxType.Double);
        if (linear is null)
        {
            return Architecture.Layout.Restore(points);
        }

        return Architecture.Layout.Restore(Join(_gaussianizer!.Inverse(Linear(points)! * linear.Stretch), points));
    }

    private OnnxValue Restore(OnnxValue ends, OnnxPulledRows? linear) =>
        Architecture.Layout.Restore(linear is null ? ends : Join(Linear(ends)! * linear.Stretch, ends));

    private OnnxPulledRows? PullLinear(OnnxValue points) => Linear(points) is { } linear ? OnnxPulledRows.To(linear, OutermostSolved) : null;

    private OnnxPulledRows? PullContext(OnnxValue? context) =>
        context is null ? null : OnnxPulledRows.To(_contextGaussianizer!.Map(context.To(OnnxType.Double)).Normal, PulledRows.OutermostTraining);

    private OnnxValue LogBaseDensity(OnnxValue ends, OnnxValue logDeterminant)
    {
        OnnxValue constant = logDeterminant - _flow.Base.LogNormalization;
        return Linear(ends) is { } linear ? constant + OnnxRadialKernel.Log(_flow.Base.Kernel, (linear * linear).Sum(1)) : constant;
    }

    // Other coordinates on lines beside the same points of circles and spheres.
    private OnnxValue Join(OnnxValue? linear, OnnxValue points)
    {
        int lines = Architecture.Layout.LinearSlots.Count, width = Architecture.Layout.Manifold.Width;
        return linear is null ? points : lines == width ? linear : OnnxValue.Concatenate(1, linear, points.Slice(1, lines, width));
    }

    private OnnxValue? Linear(OnnxValue points)
    {
        int lines = Architecture.Layout.LinearSlots.Count;
        return lines == 0 ? null : lines == Architecture.Layout.Manifold.Width ? points : points.Slice(1, 0, lines);
    }
}
