namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Columns that the explanation of scores reads and writes.</summary>
/// <param name="Input">Feature vector.</param>
/// <param name="Context">Vector that the density is conditioned on, or <see langword="null"/>.</param>
/// <param name="Contributions">What each feature adds to the score.</param>
/// <param name="TypicalRow">The row that it is compared with.</param>
internal sealed record ExplanationColumns(string Input, string? Context, string Contributions, string TypicalRow);
