namespace Microsoft.ML.Implicit.Samples.Scenarios;

internal static partial class StormScenarios
{
    // Knots.
    private const float Hurricane = 64;

    /// <summary>Loads the saved simulation and counts the paths on which a storm is a hurricane at some time: an event of whole paths, which bounds say nothing of.</summary>
    private static double HurricaneChance(MLContext ml, string modelPath, StormWind storm)
    {
        ITransformer simulation = ml.Model.Load(modelPath, out _);
        using PredictionEngine<StormWind, StormFan> engine = ml.Model.CreatePredictionEngine<StormWind, StormFan>(simulation);
        return HurricaneChance(engine.Predict(storm));
    }

    private static double HurricaneChance(StormFan fan) =>
        Enumerable.Range(0, PathCount).Average(path => Enumerable.Range(0, Ahead.Length).Any(time => fan.Paths[(time * PathCount) + path] >= Hurricane) ? 1.0 : 0);

    /// <summary>Simulated wind: all paths at the first time, then all at the second, and so on.</summary>
    internal sealed class StormFan
    {
        public float[] Paths { get; set; } = [];

        /// <summary>A quantile of the paths at a time.</summary>
        public double Quantile(int time, double level)
        {
            float[] ordered = [.. Paths.AsSpan(time * PathCount, PathCount).ToArray().Order()];
            return ordered[Math.Min(PathCount - 1, (int)(level * PathCount))];
        }
    }
}
