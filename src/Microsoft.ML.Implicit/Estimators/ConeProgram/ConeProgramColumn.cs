using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Modelling.Compilation;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>An output column, and what of a solution it holds.</summary>
/// <param name="Kind">What it holds.</param>
/// <param name="Name">Its name.</param>
/// <param name="Part">The variable or constraint, or null for the objective and the status.</param>
/// <param name="Number">Type of the numbers that it holds.</param>
internal sealed record ConeProgramColumn(ConeProgramColumnKind Kind, string Name, ProgramPart? Part, NumberDataViewType Number)
{
    public int Length => Kind == ConeProgramColumnKind.Status ? 0 : Part?.Size ?? 1;

    public DataViewType Type => Kind == ConeProgramColumnKind.Status ? TextDataViewType.Instance
        : Length == 1 ? Number
        : Part!.Columns == 1 ? new VectorDataViewType(Number, Part.Rows)
        : new VectorDataViewType(Number, Part.Rows, Part.Columns);

    public SchemaShape.Column Promise() => new(
        Name, Type is VectorDataViewType ? SchemaShape.Column.VectorKind.Vector : SchemaShape.Column.VectorKind.Scalar, Type.GetItemType(), isKey: false);
}
