using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Training;

namespace Microsoft.ML.Implicit.Samples.Portfolio;

/// <summary>Trains on all weeks up to a day, holds what the model says for a year, and goes on from there.</summary>
internal static class WalkForward
{
    private const int FirstTrainingWeeks = 150;
    private const int WeeksHeld = 50;

    /// <summary>Largest weight of an asset where there are many.</summary>
    private const double LargestWeight = 0.2;

    /// <summary>Runs the same problem with different ways to predict its returns, over the same weeks.</summary>
    public static Strategy[] Run(IReadOnlyList<Week> weeks, int seed, string device, Action<string>? report = null)
    {
        int assets = weeks[0].Costs.Length;
        Week[] held = [.. weeks.Skip(FirstTrainingWeeks)];
        float[] equal = [.. Enumerable.Repeat(1f / assets, assets)];
        Strategy Learned(string name, DecisionLoss loss)
        {
            var weights = new List<float[]>();
            for (int start = FirstTrainingWeeks; start < weeks.Count; start += WeeksHeld)
            {
                var ml = new MLContext(seed);
                ITransformer model = Train(ml, [.. weeks.Take(start)], loss, seed, device);
                IDataView decided = model.Transform(Week.ToDataView(ml, [.. weeks.Skip(start).Take(WeeksHeld)]));
                weights.AddRange(decided.GetColumn<float[]>("Solution"));
                report?.Invoke($"{name}: {weights.Count} of {held.Length} weeks");
            }

            return new Strategy(name, [.. weights], held);
        }

        return
        [
            Learned("decision-focused", DecisionLoss.SpoPlus),
            Learned("two-stage", DecisionLoss.CostError),
            new Strategy("least variance", LeastVariance(held), held),
            new Strategy("equal weight", [.. held.Select(_ => equal)], held),
        ];
    }

    /// <summary>Trains a model that predicts returns and divides one unit of value by them and by the risk of the last months.</summary>
    public static ITransformer Train(MLContext ml, IReadOnlyList<Week> weeks, DecisionLoss loss, int seed, string device, IProgress<TrainingProgress>? progress = null)
    {
        var options = new LearnedQuadraticProgramOptions
        {
            LabelColumnName = nameof(Week.Costs),
            Loss = loss,
            Q = nameof(Week.Risk),
            A = Ones(weeks[0].Costs.Length),
            B = 1,
            LowerBounds = 0,
            UpperBounds = UpperBound(weeks[0].Costs.Length),
            Tolerance = 1e-7,
            Training = new TrainingOptions
            {
                Seed = seed,
                Device = device,
                MaximumEpochs = 30,
                BatchSize = 32,
                LearningRate = 3e-3,

                // A fifth of so few and noisy weeks would tell no model from another.
                ValidationFraction = 0,
                Progress = progress,
            },
        };
        return ml.Transforms.LearnedQuadraticProgram(options).Fit(Week.ToDataView(ml, weeks));
    }

    private static float[][] LeastVariance(Week[] weeks)
    {
        var ml = new MLContext();
        int assets = weeks[0].Costs.Length;
        IDataView data = Week.ToDataView(ml, weeks);
        return [.. ml.Transforms.QuadraticProgram("Solution", new double[assets], nameof(Week.Risk), a: Ones(assets), b: 1, lowerBounds: 0, upperBounds: UpperBound(assets))
            .Fit(data).Transform(data).GetColumn<float[]>("Solution")];
    }

    // Few assets leave no room for a cap.
    private static double UpperBound(int assets) => assets * LargestWeight > 2 ? LargestWeight : 1;

    private static double[,] Ones(int assets)
    {
        double[,] ones = new double[1, assets];
        for (int i = 0; i < assets; i++)
        {
            ones[0, i] = 1;
        }

        return ones;
    }
}
