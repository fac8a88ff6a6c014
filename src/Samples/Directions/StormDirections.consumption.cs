using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Samples.Directions;

internal static partial class StormDirections
{
    /// <summary>Loads a saved model and draws moves from it.</summary>
    private static StormMove[] Draw(MLContext ml, string modelPath, int count, int seed)
    {
        using NormalizingFlowTransformer model = Load(ml, modelPath);
        return [.. model.Model.Sample(count, seed).Chunk(model.Model.FeatureCount).Select(row => new StormMove
        {
            Latitude = (float)(Math.Asin(Math.Clamp(row[2], -1, 1)) * 180 / Math.PI),
            Longitude = (float)(Math.Atan2(row[1], row[0]) * 180 / Math.PI),
            Position = row[..3],
            Heading = row[3],
            Speed = row[4],
        })];
    }

    /// <summary>Loads a saved model and finds the heading of the greatest density at a place and a usual speed.</summary>
    private static int LikeliestHeading(MLContext ml, string modelPath, double latitude, double longitude)
    {
        const float speed = 20;
        using NormalizingFlowTransformer model = Load(ml, modelPath);
        float[] place = StormMove.OnSphere(latitude, longitude);
        float[] rows = [.. Enumerable.Range(0, 360).SelectMany(heading => (float[])[.. place, heading, speed])];
        double[] logDensities = new double[360];
        model.Model.LogDensity(rows, logDensities);
        return Array.IndexOf(logDensities, logDensities.Max());
    }

    // The chain of a concatenation and the flow.
    private static NormalizingFlowTransformer Load(MLContext ml, string modelPath) =>
        (NormalizingFlowTransformer)((TransformerChain<ITransformer>)ml.Model.Load(modelPath, out _)).Last();
}
