namespace Microsoft.ML.Implicit.Layers.Flow;

/// <summary>What stands between the blocks of a stacked flow.</summary>
public enum FlowNormalizationKind
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>A learned scale and shift for each dimension.</summary>
    Affine,

    /// <summary>Normalisation by running mean and variance, then a learned scale and shift (Grathwohl et al., FFJORD, 2019).</summary>
    MovingBatch,
}
