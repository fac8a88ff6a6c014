namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Columns that a map between features and latent vectors reads and writes.</summary>
/// <param name="Input">Vector that is mapped.</param>
/// <param name="Context">Vector that the density is conditioned on, or <see langword="null"/>.</param>
/// <param name="Output">Mapped vector.</param>
/// <param name="LogDensity">Log density, or <see langword="null"/> for the inverse map, which has none.</param>
internal sealed record LatentColumns(string Input, string? Context, string Output, string? LogDensity)
{
    public bool IsInverse => LogDensity is null;
}
