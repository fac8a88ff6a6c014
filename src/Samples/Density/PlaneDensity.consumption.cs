using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Samples.Density;

internal static partial class PlaneDensity
{
    private const int GridSize = 240;

    /// <summary>Loads a saved model; computes its density on a grid and draws samples.</summary>
    private static (double[,] Density, Point[] Samples) Explore(MLContext ml, string modelPath, Window window, int samples, int seed)
    {
        using var model = (NormalizingFlowTransformer)ml.Model.Load(modelPath, out _);
        float[] grid = new float[2 * GridSize * GridSize];
        for (int row = 0; row < GridSize; row++)
        {
            for (int column = 0; column < GridSize; column++)
            {
                // The first row of a heat map is its top.
                grid[2 * ((row * GridSize) + column)] = (float)(window.Left + (column + 0.5) / GridSize * (window.Right - window.Left));
                grid[2 * ((row * GridSize) + column) + 1] = (float)(window.Top - (row + 0.5) / GridSize * (window.Top - window.Bottom));
            }
        }

        double[] logDensities = new double[GridSize * GridSize];
        model.Model.LogDensity(grid, logDensities);
        double[,] density = new double[GridSize, GridSize];
        for (int i = 0; i < logDensities.Length; i++)
        {
            density[i / GridSize, i % GridSize] = Math.Exp(logDensities[i]);
        }

        return (density, [.. model.Model.Sample(samples, seed).Chunk(2).Select(features => new Point { Features = features })]);
    }

    /// <summary>The part of the plane that is shown.</summary>
    private sealed record Window(double Left, double Right, double Bottom, double Top);
}
