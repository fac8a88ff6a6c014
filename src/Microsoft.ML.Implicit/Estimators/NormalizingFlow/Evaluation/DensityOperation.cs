namespace Microsoft.ML.Implicit.Estimators;

/// <summary>What a <see cref="DensityBatch"/> computes of its rows.</summary>
internal enum DensityOperation
{
    /// <summary>Log densities and anomaly scores.</summary>
    Score,

    /// <summary>Latent vectors and log densities.</summary>
    Encode,

    /// <summary>Features of latent vectors.</summary>
    Decode,

    /// <summary>What each feature adds to the score, and typical rows.</summary>
    Explain,
}
