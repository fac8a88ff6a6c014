using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Series;

/// <summary>Reads whole series into a vector each.</summary>
internal abstract class WholeSeriesEncoder(string name) : nn.Module(name)
{
    /// <summary>Length of the vector.</summary>
    public abstract long FeatureCount { get; }

    /// <summary>Reads a batch, each row as if it were alone.</summary>
    /// <param name="inputs">The batch.</param>
    /// <param name="evaluations">Evaluations of a vector field; 0 where nothing is solved.</param>
    /// <returns>[batch, <see cref="FeatureCount"/>].</returns>
    public abstract Tensor Encode(SeriesInputs inputs, out int evaluations);
}
