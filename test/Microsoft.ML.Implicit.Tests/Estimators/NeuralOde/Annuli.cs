using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Tests.Estimators.NeuralOde;

/// <summary>Points of a disc of radius 0.5 and of the ring from 1 to 1.5 around it.</summary>
internal sealed class Annuli
{
    [VectorType(2)]
    public float[] Features { get; set; } = [];

    public bool Label { get; set; }

    public static Annuli[] Create(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(i =>
        {
            bool isInside = i % 2 == 0;
            double radius = isInside ? 0.5 * Math.Sqrt(random.NextDouble()) : Math.Sqrt(1 + (1.25 * random.NextDouble()));
            double turn = 2 * Math.PI * random.NextDouble();
            return new Annuli { Features = [(float)(radius * Math.Cos(turn)), (float)(radius * Math.Sin(turn))], Label = isInside };
        })];
    }

    /// <summary>The points themselves are the state.</summary>
    public static NeuralOdeOptions Options(int augmented, int epochs) => new()
    {
        StateWidth = 0,
        AugmentedDimensions = augmented,
        HiddenWidth = 16,
        EnsembleSize = 1,
        Dropout = 0,
        InputDropout = 0,
        EvaluationColumnName = "Evaluations",
        Training = { MaximumEpochs = epochs, LearningRate = 0.03, WeightDecay = 0.01, BatchSize = 64, Seed = 1 },
    };
}
