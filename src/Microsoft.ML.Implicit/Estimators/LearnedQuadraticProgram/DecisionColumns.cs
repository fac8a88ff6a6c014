namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Columns that training rows of a learned program are read from.</summary>
/// <param name="Labels">Decisions or realised costs, one after the other.</param>
/// <param name="Feature">Features, or null where none are read.</param>
/// <param name="Weight">Example weights, or null.</param>
/// <param name="Program">Columns of the program's data.</param>
/// <param name="ProgramWidth">How many numbers those make a row.</param>
internal sealed record DecisionColumns(
    IReadOnlyList<DataViewSchema.Column> Labels, DataViewSchema.Column? Feature, DataViewSchema.Column? Weight, IReadOnlyList<DataViewSchema.Column> Program, int ProgramWidth)
{
    public IEnumerable<DataViewSchema.Column> All => Labels.Concat(Program).Concat(new[] { Feature, Weight }.OfType<DataViewSchema.Column>());
}
