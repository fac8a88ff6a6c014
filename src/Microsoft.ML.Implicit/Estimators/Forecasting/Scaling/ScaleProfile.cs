using Microsoft.ML.Implicit.Onnx;
using Microsoft.ML.Implicit.Persistence;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// By how much predicted scales are too small or too large, by the time ahead: what networks learn of the noise at some times is worth less at others, and one factor
/// for all of them would be too wide here where it is to be wide enough there.
/// </summary>
/// <param name="Ratios">Errors in those that scales promise, [variables][knots]; linear between the knots and constant before the first one.</param>
internal sealed record ScaleProfile(double[][] Ratios)
{
    private const string RatiosName = "scale_ratios";

    /// <summary>Times ahead, in horizons.</summary>
    public static readonly double[] Knots = [1.0 / 16, 1.0 / 8, 1.0 / 4, 1.0 / 2, 1];

    /// <summary>The profile of scales that are right at all times.</summary>
    public static ScaleProfile Flat(int variables) => new([.. Enumerable.Range(0, variables).Select(_ => Array.ConvertAll(Knots, _ => 1.0))]);

    /// <summary>How much each knot has to say of a time, which is one in sum.</summary>
    /// <param name="place">The time ahead, in horizons.</param>
    public static double[] Weights(double place)
    {
        double[] weights = new double[Knots.Length];
        int upper = Array.FindIndex(Knots, knot => knot >= place);
        if (upper <= 0)
        {
            weights[upper < 0 ? ^1 : 0] = 1;
            return weights;
        }

        weights[upper] = (place - Knots[upper - 1]) / (Knots[upper] - Knots[upper - 1]);
        weights[upper - 1] = 1 - weights[upper];
        return weights;
    }

    /// <summary>Corrects scales.</summary>
    /// <param name="scales">What networks predict, [examples, targets, variables].</param>
    /// <param name="examples">The examples.</param>
    /// <param name="horizon">Longest time ahead in training.</param>
    public void Apply(float[] scales, IReadOnlyList<ForecastExample> examples, double horizon)
    {
        int variables = Ratios.Length, targets = scales.Length / examples.Count / variables;
        for (int row = 0; row < examples.Count; row++)
        {
            for (int m = 0; m < examples[row].TargetTimes.Length; m++)
            {
                double[] weights = Weights(examples[row].Ahead(m) / horizon);
                for (int v = 0; v < variables; v++)
                {
                    scales[(((row * targets) + m) * variables) + v] *= (float)At(v, weights);
                }
            }
        }
    }

    /// <summary>The ratio at a time.</summary>
    /// <param name="variable">The variable.</param>
    /// <param name="place">The time ahead, in horizons.</param>
    public double At(int variable, double place) => At(variable, Weights(place));

    private double At(int variable, double[] weights) => weights.Zip(Ratios[variable], (weight, ratio) => weight * ratio).Sum();

    /// <summary>The ratios at given times, float64 [rows, variables, times].</summary>
    /// <param name="horizons">Times ahead in horizons, likewise.</param>
    public OnnxValue At(OnnxValue horizons)
    {
        OnnxValue Constant(int knot) => horizons.Graph.Constant(Array.ConvertAll(Ratios, ratios => ratios[knot] - (knot == 0 ? 0 : ratios[knot - 1])), OnnxType.Double, 1, Ratios.Length, 1);
        return Enumerable.Range(1, Knots.Length - 1).Aggregate(
            (horizons * 0) + Constant(0), (sum, k) => sum + (((horizons - Knots[k - 1]) / (Knots[k] - Knots[k - 1])).Clamp(0, 1) * Constant(k)));
    }

    public void Write(DocumentWriter writer) => writer.Write(RatiosName, [.. Ratios.SelectMany(ratios => ratios)]);

    /// <summary>Reads a profile; a flat one from files of earlier versions.</summary>
    /// <exception cref="FormatException">The profile is impossible.</exception>
    public static ScaleProfile Read(DocumentReader reader, int variables)
    {
        if (reader.OptionalTensor(RatiosName) is null)
        {
            return Flat(variables);
        }

        double[] ratios = Measurements.Checked(reader.Doubles(RatiosName));
        return ratios.Length == variables * Knots.Length && Array.TrueForAll(ratios, ratio => ratio > 0)
            ? new ScaleProfile([.. ratios.Chunk(Knots.Length)])
            : throw new FormatException("The model file describes impossible scales of errors.");
    }
}
