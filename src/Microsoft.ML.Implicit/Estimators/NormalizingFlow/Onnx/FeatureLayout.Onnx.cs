using Microsoft.ML.Implicit.Onnx;

namespace Microsoft.ML.Implicit.Estimators;

/// <content>The map to points and back within an ONNX file.</content>
internal sealed partial class FeatureLayout
{
    /// <summary>Maps finite feature vectors [rows, count] to points, float64 [rows, width].</summary>
    public OnnxValue Embed(OnnxValue features)
    {
        OnnxValue values = features.To(OnnxType.Double);
        if (Spheres.Count == 0)
        {
            return values;
        }

        var parts = new List<OnnxValue>();
        if (LinearSlots.Count > 0)
        {
            parts.Add(Select(values, LinearSlots));
        }

        foreach (SphereSlots sphere in Spheres)
        {
            OnnxValue part = Select(values, sphere.Indices);
            parts.Add(sphere.IsAngle ? UnitVector(part, sphere.Period) : part);
        }

        return new OnnxSpheres(Manifold, features.Graph, OnnxType.Double).Normalize(OnnxValue.Concatenate(1, [.. parts]));
    }

    /// <summary>Which rows of features are points of the manifold, [rows, 1]; see <see cref="FindFault"/>. Null where all are.</summary>
    public OnnxValue? IsPoint(OnnxValue features)
    {
        OnnxValue? all = null;
        foreach (SphereSlots sphere in Spheres)
        {
            OnnxValue part = Select(features.To(OnnxType.Double), sphere.Indices);
            OnnxValue isPoint = sphere.IsAngle
                ? part.Abs() <= sphere.Period * (1 + PeriodTolerance)
                : ((part * part).Sum(1).Sqrt() - 1).Abs() <= LengthTolerance;
            all = all is null ? isPoint : all & isPoint;
        }

        return all;
    }

    /// <summary>Maps points, float64 [rows, width], back to feature vectors, float64 [rows, count].</summary>
    public OnnxValue Restore(OnnxValue points)
    {
        if (Spheres.Count == 0)
        {
            return points;
        }

        var parts = new List<OnnxValue>();
        if (LinearSlots.Count > 0)
        {
            parts.Add(points.Slice(1, 0, LinearSlots.Count));
        }

        long first = LinearSlots.Count;
        foreach (SphereSlots sphere in Spheres)
        {
            OnnxValue part = points.Slice(1, first, first + sphere.Width);
            parts.Add(sphere.IsAngle ? Angle(part, sphere.Period) : part);
            first += sphere.Width;
        }

        return OnnxValue.Concatenate(1, [.. parts]).Gather(1, _positions);
    }

    // ONNX has trigonometric functions for float32 alone.
    private static OnnxValue UnitVector(OnnxValue angle, double period)
    {
        OnnxValue radians = (angle * (Math.Tau / period)).To(OnnxType.Single);
        return OnnxValue.Concatenate(1, radians.Cos(), radians.Sin()).To(OnnxType.Double);
    }

    // tan(φ/2) = sin φ / (1 + cos φ), and as much for the rest to half a turn where the cosine is negative: neither denominator vanishes.
    private static OnnxValue Angle(OnnxValue unitVector, double period)
    {
        OnnxValue cosine = unitVector.Slice(1, 0, 1), sine = unitVector.Slice(1, 1, 2);
        OnnxValue half = (sine / (cosine.Abs() + 1)).To(OnnxType.Single).Atan().To(OnnxType.Double) * 2;
        OnnxValue right = (half < 0).Where(half + Math.Tau, half);
        OnnxValue angle = (cosine < 0).Where(Math.PI - half, right) * (period / Math.Tau);
        return (angle.To(OnnxType.Single) < (float)period).Where(angle, 0);
    }

    private static OnnxValue Select(OnnxValue values, IReadOnlyList<int> slots) => values.Gather(1, [.. slots.Select(slot => (long)slot)]);
}
