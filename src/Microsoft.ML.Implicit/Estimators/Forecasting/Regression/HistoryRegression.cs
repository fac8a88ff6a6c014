using Microsoft.ML.Implicit.Numerics;
using Microsoft.ML.Implicit.Persistence;
using static TorchSharp.torch;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>A linear regression of each variable's change on its history.</summary>
/// <param name="Regressors">What changes are regressed on.</param>
/// <param name="Coefficients">[variables][regressors], in change scales.</param>
internal sealed record HistoryRegression(HistoryRegressors Regressors, double[][] Coefficients)
{
    /// <summary>The mean of several, whose forecasts are the means of theirs.</summary>
    public static HistoryRegression Average(IReadOnlyList<HistoryRegression> members) => members[0] with
    {
        Coefficients = [.. members[0].Coefficients.Select((row, v) => row.Select((_, i) => members.Average(member => member.Coefficients[v][i])).ToArray())],
    };

    /// <summary>Changes since the values that forecasts start from, in change scales: [examples, targets, variables].</summary>
    /// <param name="examples">The examples of a batch.</param>
    /// <param name="targets">Targets that examples are padded to.</param>
    public float[] Forecast(IReadOnlyList<ForecastExample> examples, int targets)
    {
        int variables = Coefficients.Length;
        float[] changes = new float[examples.Count * targets * variables];
        new TileLoop(examples.Count, get_num_threads(), (long)targets * variables * Regressors.Count).Run((_, row) =>
        {
            ForecastExample example = examples[row];
            for (int v = 0; v < variables; v++)
            {
                double[] forecast = Forecast(example.Series, example.Last, v, example.TargetTimes);
                for (int m = 0; m < forecast.Length; m++)
                {
                    changes[(((row * targets) + m) * variables) + v] = (float)forecast[m];
                }
            }
        });
        return changes;
    }

    public void Write(DocumentWriter writer)
    {
        Regressors.Write(writer);
        writer.Write("coefficients", [.. Coefficients.SelectMany(variable => variable)]);
    }

    /// <exception cref="FormatException">The regression is impossible.</exception>
    public static HistoryRegression Read(DocumentReader reader, SeriesScaling scaling)
    {
        HistoryRegressors regressors = HistoryRegressors.Read(reader, scaling);
        double[] coefficients = Measurements.Checked(reader.Doubles("coefficients"));
        return coefficients.Length == (long)regressors.Count * scaling.Variables.Length
            ? new HistoryRegression(regressors, [.. coefficients.Chunk(regressors.Count)])
            : throw new FormatException("The model file's regression does not fit its variables.");
    }

    private double[] Forecast(EncodedSeries series, int last, int variable, double[] times)
    {
        double[] rows = new double[times.Length * Regressors.Count];
        Regressors.Describe(series, last, variable, times, rows);
        return [.. Enumerable.Range(0, times.Length).Select(m => TensorPrimitives.Dot<double>(rows.AsSpan(m * Regressors.Count, Regressors.Count), Coefficients[variable]))];
    }
}
