namespace Microsoft.ML.Implicit.Layers.LatentSde;

/// <summary>The method by which latent paths are simulated. Names stand in model files.</summary>
internal enum LatentPathMethod
{
    /// <summary>That of Itô equations, of order 1 in the drift. In models of earlier versions.</summary>
    EulerMaruyama,

    /// <summary>That of Stratonovich equations, of order 2 in the drift where there is little noise.</summary>
    Heun,
}
