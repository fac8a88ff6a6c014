namespace Microsoft.ML.Implicit.Layers.LatentOde;

/// <summary>What a <see cref="LatentOdeNetwork"/> is told of a batch, padded to the longest history and the most target times.</summary>
/// <param name="History">[batch, history, features], in the order in which the encoder reads it.</param>
/// <param name="Gaps">[batch, history]: time since the observation read before, in median gaps.</param>
/// <param name="LastIndices">[batch]: index of the last observation read.</param>
/// <param name="Grid">Times of the solver's steps, common to all rows: from 0, in horizons.</param>
/// <param name="Controls">[grid, batch, controls], or <see langword="null"/> where there are none.</param>
/// <param name="LowerIndices">[batch, targets]: the grid time before each target, times the batch size, plus the row.</param>
/// <param name="Thetas">[batch, targets]: place of each target between two grid times, from 0 to 1.</param>
/// <param name="TargetFeatures">[batch, targets, target features].</param>
internal sealed record LatentOdeInputs(
    float[] History,
    float[] Gaps,
    long[] LastIndices,
    double[] Grid,
    float[]? Controls,
    long[] LowerIndices,
    float[] Thetas,
    float[] TargetFeatures)
{
    /// <summary>Number of rows.</summary>
    public int Count => LastIndices.Length;

    /// <summary>Observations of the longest history.</summary>
    public int HistoryLength => Gaps.Length / Count;

    /// <summary>Target times of each row.</summary>
    public int TargetCount => LowerIndices.Length / Count;
}
