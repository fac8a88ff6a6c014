using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Microsoft.ML.Implicit.Persistence;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// Rows of features and what they are conditioned on, as points (<see cref="FeatureLayout.Embed(ReadOnlySpan{float}, Span{double})"/>) whose coordinates
/// are in units of their deviation among these rows, to find those nearest to a row by.
/// </summary>
internal sealed partial class StandardisedRows
{
    // Below this, relative to a point's length, rows are one and the same: what rounding moves a distance by where it is not computed coordinate by coordinate.
    private const float Coincidence = 1e-6f;

    // The row itself and two neighbours.
    private const int Kept = 3;

    // Of a constant, in itself; ten times the precision of a Single.
    private const double SmallestUnit = 1e-6;

    private readonly FeatureLayout _layout;
    private readonly double[] _means;
    private readonly double[] _deviations;
    private readonly float[] _rows;

    private StandardisedRows(FeatureLayout layout, double[] means, double[] deviations, float[] rows) =>
        (_layout, _means, _deviations, _rows) = (layout, means, deviations, rows);

    /// <param name="layout">Layout of the features.</param>
    /// <param name="features">[rows, features], row by row, finite, at least one row.</param>
    /// <param name="context">[rows, context], finite.</param>
    public static StandardisedRows Create(FeatureLayout layout, ReadOnlySpan<float> features, ReadOnlySpan<float> context)
    {
        int count = features.Length / layout.Count, contextCount = context.Length / count, width = layout.Manifold.Width + contextCount;
        double[] points = new double[count * width];
        for (int row = 0; row < count; row++)
        {
            Embed(layout, features.Slice(row * layout.Count, layout.Count), context.Slice(row * contextCount, contextCount), points.AsSpan(row * width, width));
        }

        double[] means = new double[width], deviations = new double[width];
        for (int j = 0; j < width; j++)
        {
            double sum = 0, squares = 0;
            for (int row = 0; row < count; row++)
            {
                sum += points[(row * width) + j];
            }

            means[j] = sum / count;
            for (int row = 0; row < count; row++)
            {
                squares += Math.Pow(points[(row * width) + j] - means[j], 2);
            }

            // A constant has no unit but the user's, as long as that is more than rounding.
            double deviation = Math.Sqrt(squares / count);
            deviations[j] = deviation > SmallestUnit * Math.Abs(means[j]) ? deviation : Math.Max(1, SmallestUnit * Math.Abs(means[j]));
        }

        var standardised = new StandardisedRows(layout, means, deviations, new float[points.Length]);
        for (int row = 0; row < count; row++)
        {
            standardised.Standardise(points.AsSpan(row * width, width), standardised._rows.AsSpan(row * width, width));
        }

        return standardised;
    }

    private int Width => _means.Length;

    private int Count => _rows.Length / Width;

    /// <summary>Multiplications that the search for one row's nearest takes.</summary>
    public long Work => _rows.LongLength;

    /// <summary>
    /// The nearest row, and the distance to the second nearest, which one stray row close by does not hide: the root mean square difference of
    /// coordinates. A row that coincides with the one that is asked about is taken for it, and is no neighbour of its own.
    /// </summary>
    /// <param name="features">[features].</param>
    /// <param name="context">[context].</param>
    public (int Nearest, double SecondDistance) Find(ReadOnlySpan<float> features, ReadOnlySpan<float> context)
    {
        double[] point = new double[Width];
        float[] standardised = new float[Width];
        Embed(_layout, features, context, point);
        Standardise(point, standardised);
        Span<float> smallest = stackalloc float[Kept];
        smallest.Fill(float.PositiveInfinity);
        int nearest = 0;
        for (int row = 0; row < Count; row++)
        {
            // The square of a number far out is more than a Single holds.
            float distance = MathF.Min(TensorPrimitives.Distance<float>(standardised, _rows.AsSpan(row * Width, Width)), float.MaxValue);
            nearest = distance < smallest[0] ? row : nearest;
            for (int place = 0; place < Kept; place++)
            {
                if (distance < smallest[place])
                {
                    (distance, smallest[place]) = (smallest[place], distance);
                }
            }
        }

        bool isKnown = smallest[0] <= Coincidence * (1 + TensorPrimitives.Norm<float>(standardised));
        return (nearest, smallest[Math.Min(Count - 1, isKnown ? 2 : 1)] / Math.Sqrt(Width));
    }

    public void Write(DocumentWriter writer)
    {
        writer.Write("means", _means);
        writer.Write("deviations", _deviations);
        writer.Write("rows", ScalarType.Float32, [_rows.Length], MemoryMarshal.AsBytes<float>(_rows));
    }

    /// <exception cref="FormatException">The numbers are impossible.</exception>
    public static StandardisedRows Read(DocumentReader reader, FeatureLayout layout, int contextCount)
    {
        double[] means = reader.Doubles("means"), deviations = reader.Doubles("deviations");
        float[] rows = reader.Singles("rows");
        int width = layout.Manifold.Width + contextCount;
        bool isPossible = means.Length == width && deviations.Length == width && rows.Length > 0 && rows.Length % width == 0
            && TensorPrimitives.IsFiniteAll<double>(means) && Array.TrueForAll(deviations, deviation => deviation > 0 && double.IsFinite(deviation)) && TensorPrimitives.IsFiniteAll<float>(rows);
        return isPossible ? new StandardisedRows(layout, means, deviations, rows) : throw new FormatException("The model file holds impossible training rows.");
    }

    private static void Embed(FeatureLayout layout, ReadOnlySpan<float> features, ReadOnlySpan<float> context, Span<double> point)
    {
        layout.Embed(features, point[..layout.Manifold.Width]);
        for (int i = 0; i < context.Length; i++)
        {
            point[layout.Manifold.Width + i] = context[i];
        }
    }

    private void Standardise(ReadOnlySpan<double> point, Span<float> standardised)
    {
        for (int j = 0; j < standardised.Length; j++)
        {
            standardised[j] = SingleRange.Saturate((point[j] - _means[j]) / _deviations[j]);
        }
    }
}
