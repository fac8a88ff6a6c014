using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Turns raw features into inputs of a common scale.</summary>
internal abstract partial class FeatureEncoder : nn.Module<Tensor, Tensor>
{
    // More values would not move a quantile or a bin by anything that matters.
    private const long MaximumValuesRead = 20_000_000;
    private const long MinimumRowsRead = 1000;

    /// <summary>Magnitude up to which scaled features are told apart: far beyond any tail, and small enough to be squared.</summary>
    public const double LargestScaled = 1e9;

    /// <summary>Magnitude that features are folded into.</summary>
    public const double ClipScale = 3;

    private protected FeatureEncoder(string name)
        : base(name)
    {
    }

    /// <summary>Length of an encoded row.</summary>
    public abstract int Width { get; }

    /// <summary>Columns of an encoded row, the first ones, that are features, scaled and clipped; 0 where rows begin with something else.</summary>
    public virtual int NumberCount => 0;

    /// <summary>Learns an encoder of feature vectors without spatial structure.</summary>
    /// <param name="features">float32 [rows, features], on the CPU.</param>
    /// <param name="classes">What the encoding is to tell apart: a class a row, from 0.</param>
    /// <param name="hasSteps">Whether dense rows are told of steps where the classes change.</param>
    /// <param name="missing">Features that may be missing, ascending.</param>
    /// <param name="levels">Levels of each category behind the other features, which sparse rows have none of.</param>
    public static FeatureEncoder OfVectors(Tensor features, int[] classes, bool hasSteps, int[] missing, params IReadOnlyList<int> levels) =>
        features.is_sparse ? SparseEncoder.Of(features) : BinEncoder.Of(features, classes, hasSteps, missing, levels);

    /// <summary>The feature that each column of an encoded row tells of, or <see langword="null"/> where they do not belong to single features.</summary>
    public virtual long[]? FeaturesOfColumns() => null;

    /// <summary>The features that may be missing, which is NaN, ascending.</summary>
    public virtual int[] MissingFeatures() => [];

    /// <summary>A feature that varies a hundred times as much, or as little, in other rows as in those that were learned from; -1 for none.</summary>
    /// <param name="features">float32 [rows, features].</param>
    public virtual int FindForeignFeature(Tensor features) => -1;

    /// <summary>Makes sure of a state that was read.</summary>
    /// <exception cref="FormatException">It refers to a feature that there is not.</exception>
    public virtual void CheckState()
    {
    }

    /// <summary>A copy of the encoder in managed memory, or <see langword="null"/> where there is none for encoders of its kind and device.</summary>
    public virtual ManagedBinEncoder? CreateManaged() => null;

    /// <summary>Writes what would not come out the same if the encoder were learned from the same rows again.</summary>
    public virtual void WriteState(BinaryWriter writer)
    {
    }

    /// <summary>Reads what <see cref="WriteState"/> wrote.</summary>
    public virtual void ReadState(BinaryReader reader)
    {
    }

    /// <inheritdoc/>
    /// <param name="features">float32 [batch, features], dense or in coordinate format, finite but for <see cref="MissingFeatures"/>.</param>
    /// <returns>float32 [batch, <see cref="Width"/>], in coordinate format where the encoder is one of sparse rows.</returns>
    public abstract override Tensor forward(Tensor features);

    /// <summary>Scales features, which may lie further apart than a float32 can say.</summary>
    /// <param name="features">float32 [batch, features].</param>
    /// <param name="center">What becomes 0, float32 [features].</param>
    /// <param name="factor">Inverse of what becomes 1, float32 [features].</param>
    private protected static Tensor Scale(Tensor features, Tensor center, Tensor factor)
    {
        Tensor half = (features * 0.5.Held()).sub_(center * 0.5.Held());
        return half.mul_(factor * 2.Held()).clamp_((-LargestScaled).Held(), LargestScaled.Held());
    }

    /// <summary>Folds outliers smoothly into a range (Holzmüller, Grinsztajn and Steinwart, "Better by Default", 2024).</summary>
    private protected static Tensor Clip(Tensor scaled) => scaled / (scaled / ClipScale.Held()).Squared().Plus(1.Held()).sqrt();

    /// <summary>The inverse hyperbolic sine, which keeps the tails apart that clipping folds together.</summary>
    private protected static Tensor Tails(Tensor scaled) => scaled.asinh() / ClipScale.Held();

    /// <summary>As many rows, evenly spread, as a scale is learned from.</summary>
    /// <param name="features">float32 [rows, features].</param>
    /// <param name="valuesPerRow">Values that a row holds.</param>
    private protected static (Tensor Rows, long Stride) RowsToRead(Tensor features, long valuesPerRow) =>
        FeatureTensor.EvenlySpread(features, Math.Max(MinimumRowsRead, MaximumValuesRead / Math.Max(valuesPerRow, 1)));
}
