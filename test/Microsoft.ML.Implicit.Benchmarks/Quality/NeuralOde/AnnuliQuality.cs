using System.Globalization;
using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.NeuralOde;

/// <summary>Concentric annuli in two and five dimensions: what one augmented dimension is worth.</summary>
internal static class AnnuliQuality
{
    private const int TrainRows = 2000;
    private const int TestRows = 1000;

    public static void Run(int seeds, IReadOnlyList<string> settings)
    {
        Console.WriteLine("dimensions\taugmented\taccuracy\tleast accuracy\tevaluations\tseconds to train");
        foreach ((int dimension, int augmented) in new[] { (2, 0), (2, 1), (5, 0), (5, 1) })
        {
            OdeTrial[] trials = OdeTrial.RunAll([.. Enumerable.Range(1, seeds)], seed => Run(dimension, augmented, seed, settings));
            OdeTrial mean = OdeTrial.Mean(trials);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{dimension}\t{augmented}\t{mean.Accuracy:F4}\t{trials.Min(trial => trial.Accuracy):F4}\t{mean.Evaluations:F1}\t{mean.Seconds:F1}"));
        }
    }

    private static OdeTrial Run(int dimension, int augmented, int seed, IReadOnlyList<string> settings)
    {
        var ml = new MLContext(seed);
        NeuralOdeOptions options = Options(augmented);
        foreach (string setting in settings)
        {
            Setting.Apply(options, setting);
        }

        return OdeTrial.Run(ml, AnnuliData.Create(ml, dimension, TrainRows, seed), AnnuliData.Create(ml, dimension, TestRows, seed + 1000), options);
    }

    /// <summary>The points themselves are the state.</summary>
    public static NeuralOdeOptions Options(int augmented) => new()
    {
        StateWidth = 0,
        AugmentedDimensions = augmented,
        HiddenWidth = 32,
        HiddenLayers = 2,
        EnsembleSize = 1,
        Dropout = 0,
        InputDropout = 0,
        Training = { WeightDecay = 0.01 },
    };
}
