using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Training;

namespace Microsoft.ML.Implicit.Tests.Estimators.LearnedQuadraticProgram;

/// <summary>Choices among three goods on the probability simplex, whose costs depend on two features.</summary>
internal static class Markets
{
    public static readonly double[,] Ones = { { 1, 1, 1 } };

    /// <summary>Costs that are linear in the features.</summary>
    public static IDataView Linear(MLContext ml, int rows = 120, int seed = 3) => ml.Data.LoadFromEnumerable(Rows(rows, seed, (x, y) => [x, y, 0.3f - (x * 0.5f)]));

    /// <summary>Costs that are linear in the features, and noise.</summary>
    public static IDataView Noisy(MLContext ml, int rows = 120, int seed = 3)
    {
        var random = new Random(seed + 1000);
        return ml.Data.LoadFromEnumerable(Rows(rows, seed, (x, y) => [x + random.NextSingle(), y + random.NextSingle(), 0.8f - (x * 0.5f)]).ToArray());
    }

    /// <summary>Costs of which a line says little, though it can tell which good is cheapest.</summary>
    public static IDataView Bent(MLContext ml, int rows = 120, int seed = 3) =>
        ml.Data.LoadFromEnumerable(Rows(rows, seed, (x, _) => [MathF.Exp(2.5f * x) - 1, 0.4f, 3]));

    public static LearnedQuadraticProgramOptions Options(DecisionLoss loss, int epochs = 40) => new()
    {
        LabelColumnName = "Costs",
        Loss = loss,
        A = Ones,
        B = 1,
        LowerBounds = 0,
        Training = new TrainingOptions { MaximumEpochs = epochs, BatchSize = 32, Seed = 1 },
    };

    /// <summary>Mean cost of the decisions above that of the best ones.</summary>
    public static double Regret(IDataView decided)
    {
        float[][] decisions = Scored.Vectors(decided, "Solution"), costs = Scored.Vectors(decided, "Costs");
        return decisions.Zip(costs, (z, c) => z.Zip(c, (x, y) => x * y).Sum() - c.Min()).Average();
    }

    private static IEnumerable<Row> Rows(int rows, int seed, Func<float, float, float[]> costs)
    {
        var random = new Random(seed);
        for (int i = 0; i < rows; i++)
        {
            float x = (2 * random.NextSingle()) - 1, y = (2 * random.NextSingle()) - 1;
            yield return new Row { Features = [x, y], Costs = costs(x, y) };
        }
    }

    internal sealed class Row
    {
        [VectorType(2)]
        public float[] Features { get; set; } = [];

        [VectorType(3)]
        public float[] Costs { get; set; } = [];

        public float Weight { get; set; } = 1;
    }
}
