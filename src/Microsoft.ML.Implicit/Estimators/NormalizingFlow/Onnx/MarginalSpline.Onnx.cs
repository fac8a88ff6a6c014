using Microsoft.ML.Implicit.Onnx;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <content>The splines within an ONNX file.</content>
internal sealed partial class MarginalSpline
{
    /// <summary>Maps features to normal ones, with the log derivative of each.</summary>
    /// <param name="x">float64 [rows, features].</param>
    public (OnnxValue Values, OnnxValue LogDerivatives) Map(OnnxValue x)
    {
        OnnxSegment s = SegmentAt(_positions, x);
        OnnxValue inner = Inner(_positions, x);
        OnnxValue fraction = ((x - s.Position) / s.Width).Clamp(0, 1);
        OnnxValue both = fraction * (1 - fraction);
        OnnxValue square = fraction * fraction;
        OnnxValue rest = 1 - fraction;
        OnnxValue denominator = s.Secant + ((s.EndSlope + s.Slope - (s.Secant * 2)) * both);
        OnnxValue inside = s.Value + (s.Height * ((s.Secant * square) + (s.Slope * both)) / denominator);
        OnnxValue derivative = s.Secant * s.Secant * ((s.EndSlope * square) + (s.Secant * both * 2) + (s.Slope * rest * rest)) / (denominator * denominator);
        return (inside + (derivative * (x - inner)), derivative.Log());
    }

    /// <summary>Maps normal features back.</summary>
    /// <param name="u">float64 [rows, features].</param>
    public OnnxValue Inverse(OnnxValue u)
    {
        OnnxValue inner = Inner(_values, u);
        OnnxSegment s = SegmentAt(_values, u);
        OnnxValue rise = inner - s.Value;
        OnnxValue bend = s.EndSlope + s.Slope - (s.Secant * 2);
        OnnxValue a = (s.Height * (s.Secant - s.Slope)) + (rise * bend);
        OnnxValue b = (s.Height * s.Slope) - (rise * bend);
        OnnxValue c = -(s.Secant * rise);
        OnnxValue discriminant = (b * b) - (a * c * 4);
        OnnxValue root = (discriminant > 0).Where(discriminant, 0).Sqrt();
        OnnxValue fraction = c * 2 / (-b - root);
        OnnxValue slope = (u < inner).Where(s.Slope, s.EndSlope);
        return s.Position + (fraction * s.Width) + ((u - inner) / slope);
    }

    // The point within the knots that is nearest.
    private static OnnxValue Inner(Tensor sequence, OnnxValue points)
    {
        using DisposeScope scope = NewDisposeScope();
        OnnxGraph graph = points.Graph;
        return points.Maximum(graph.Constant(sequence.select(1, 0))).Minimum(graph.Constant(sequence.select(1, -1)));
    }

    private OnnxSegment SegmentAt(Tensor sequence, OnnxValue points)
    {
        using DisposeScope scope = NewDisposeScope();
        OnnxGraph graph = points.Graph;
        long features = sequence.shape[0], segments = sequence.shape[1] - 1;

        // As many knots as lie at or before the point, without the first and the last, are the number of its segment.
        Tensor inner = sequence.narrow(1, 1, segments - 1);
        OnnxValue segment = (graph.Constant(inner.unsqueeze(0)) <= points.Unsqueeze(2)).To(OnnxType.Int64).Sum(2, keep: false);
        long[] offsets = [.. Enumerable.Range(0, (int)features).Select(feature => feature * segments)];
        OnnxValue index = segment + graph.Constant(offsets, features);
        Tensor width = _positions.diff(dim: 1), height = _values.diff(dim: 1);
        return new OnnxSegment(At(Starts(_positions)), At(Starts(_values)), At(width), At(height), At(height / width), At(Starts(_slopes)), At(_slopes.narrow(1, 1, segments)));

        Tensor Starts(Tensor knots) => knots.narrow(1, 0, segments);

        OnnxValue At(Tensor perSegment) => graph.Constant(perSegment.reshape(-1)).Gather(0, index);
    }

    private sealed record OnnxSegment(OnnxValue Position, OnnxValue Value, OnnxValue Width, OnnxValue Height, OnnxValue Secant, OnnxValue Slope, OnnxValue EndSlope);
}
