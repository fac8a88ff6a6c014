namespace Microsoft.ML.Implicit.Layers.LatentOde;

/// <summary>Widths of a latent ODE.</summary>
/// <param name="Features">Numbers that describe an observation.</param>
/// <param name="TargetFeatures">Numbers that describe a time to decode at.</param>
/// <param name="Controls">Controls of the dynamics.</param>
/// <param name="Variables">Variables decoded.</param>
/// <param name="Latent">Latent state.</param>
/// <param name="Hidden">Hidden layers.</param>
internal sealed record LatentOdeSizes(int Features, int TargetFeatures, int Controls, int Variables, int Latent, int Hidden);
