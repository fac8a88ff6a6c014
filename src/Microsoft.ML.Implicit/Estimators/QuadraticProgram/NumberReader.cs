namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Reads the numbers of a column in the current row.</summary>
/// <param name="target">Receives them; as long as the column's vector.</param>
internal delegate void NumberReader(Span<double> target);
