using Microsoft.ML.Implicit.Layers.LatentOde;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// Learns the shares of networks in forecasts by what each network, and the regression that learned from the same data, forecast of the rest: the share with the
/// least squared error, drawn to one half by as much as it varies between series (Efron and Morris, "Stein's estimation rule and its competitors", 1973).
/// With few series each stretch as long as the horizon takes the part of a series.
/// </summary>
/// <param name="builder">Builds batches.</param>
/// <param name="scaling">Units.</param>
/// <param name="countsSeries">Whether series are the units that vary, rather than stretches of time.</param>
internal sealed class BlendTraining(ForecastBatchBuilder builder, SeriesScaling scaling, bool countsSeries)
{
    private const int BatchSize = 256;

    // What shares are expected to be before data are seen, and by how much they differ from data set to data set.
    private const double UsualShare = 0.5;
    private const double UsualDeviation = 0.1;

    private readonly Dictionary<(object Series, long Stretch), Unit>[] _variables = [.. scaling.Variables.Select(_ => new Dictionary<(object, long), Unit>())];

    /// <summary>Takes in forecasts of what a network and a regression were not trained on.</summary>
    public void Add(LatentNetwork network, HistoryRegression regression, IReadOnlyList<ForecastExample> heldOut)
    {
        using IDisposable noGradient = no_grad();
        foreach (ForecastExample[] examples in heldOut.Chunk(BatchSize))
        {
            using DisposeScope scope = NewDisposeScope();
            ForecastBatch batch = builder.Build(examples);
            float[] ofNetwork = Numbers(ForecastPrediction.Of(network, batch, CancellationToken.None).Mean);
            float[] ofRegression = regression.Forecast(examples, (int)batch.TargetCount);
            float[] values = Numbers(batch.Targets);
            float[] mask = Numbers(batch.Mask);
            for (int i = 0; i < values.Length; i++)
            {
                if (mask[i] > 0)
                {
                    (int place, int v) = Math.DivRem(i, _variables.Length);
                    (int row, int target) = Math.DivRem(place, (int)batch.TargetCount);
                    EncodedSeries series = examples[row].Series;
                    long stretch = countsSeries ? 0 : examples[row].Stretch(target, scaling.Horizon);
                    double difference = ofNetwork[i] - ofRegression[i];
                    Unit unit = _variables[v].GetValueOrDefault((series, stretch));
                    _variables[v][(series, stretch)] = new Unit(
                        unit.Product + (series.Weight * difference * (values[i] - ofRegression[i])), unit.Square + (series.Weight * difference * difference));
                }
            }
        }
    }

    /// <summary>The share of the networks in the forecast of each variable.</summary>
    public double[] NetworkShares() => Array.ConvertAll(_variables, units => NetworkShare(units.Values));

    private static double NetworkShare(IReadOnlyCollection<Unit> units)
    {
        double square = units.Sum(unit => unit.Square);
        if (units.Count < 2 || square == 0)
        {
            return UsualShare;
        }

        double share = units.Sum(unit => unit.Product) / square;
        double residuals = units.Sum(unit => (unit.Product - (share * unit.Square)) * (unit.Product - (share * unit.Square)));
        double variance = residuals / (square * square) * units.Count / (units.Count - 1);
        double reliability = UsualDeviation * UsualDeviation / ((UsualDeviation * UsualDeviation) + variance);
        return Math.Clamp(UsualShare + (reliability * (share - UsualShare)), 0, 1);
    }

    private static float[] Numbers(Tensor tensor) => [.. tensor.cpu().contiguous().data<float>()];

    // Sums of products of the difference between two forecasts with what the second one lacks, and of its squares.
    private readonly record struct Unit(double Product, double Square);
}
