using Microsoft.ML.Implicit.Layers.LatentSde;
using Microsoft.ML.Implicit.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Chooses the number of steps that paths need: the fewest at which twice as many along the same noise forecast the same.</summary>
internal static class PathResolution
{
    /// <summary>Steps over the longest horizon that paths have at least, so that few times fall into one.</summary>
    public const int FewestSteps = 16;

    /// <summary>Steps that paths have at most.</summary>
    public const int MostSteps = 512;

    private const int MostExamples = 32;
    private const int Paths = 8;

    // Change of means and scales, in scales, on the whole of a variable.
    private const double Tolerance = 0.03;

    /// <param name="network">The network.</param>
    /// <param name="builder">Builds batches.</param>
    /// <param name="examples">Examples of which some are forecast.</param>
    /// <param name="most">Most steps.</param>
    /// <param name="cancellationToken">Looked at in every step.</param>
    public static int Choose(LatentSdeNetwork network, ForecastBatchBuilder builder, IReadOnlyList<ForecastExample> examples, int most, CancellationToken cancellationToken)
    {
        if (examples.Count == 0)
        {
            return FewestSteps;
        }

        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        int stride = 1 + ((examples.Count - 1) / MostExamples);
        ForecastExample[] asked = [.. examples.Where((_, i) => i % stride == 0)];
        int steps = FewestSteps;
        (Tensor Mean, Tensor Scale) coarse = Forecast(steps);
        while (steps < most)
        {
            (Tensor Mean, Tensor Scale) fine = Forecast(2 * steps);
            Tensor change = ((fine.Mean - coarse.Mean) / fine.Scale).Squared().Plus((fine.Scale / coarse.Scale).log().Squared()).mean([0, 1]).max();
            if (change.ReadDouble() <= Tolerance * Tolerance)
            {
                break;
            }

            steps *= 2;
            coarse = fine;
        }

        return steps;

        (Tensor Mean, Tensor Scale) Forecast(int count)
        {
            ForecastBatch batch = builder.WithSteps(count).Build(asked);
            (Tensor mean, Tensor logVariance) = ForecastPrediction.Posterior(network, batch, ForecastPrediction.Encode(network, batch));
            PathNoise noise = LatentSdeNetwork.ForecastNoise(asked.Length, Paths) with { StepsAtOnce = count / FewestSteps };
            return ForecastPrediction.Shaped(network.Predict(mean, logVariance, batch.Query, noise, cancellationToken), batch);
        }
    }
}
