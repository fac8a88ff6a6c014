using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Modelling.Compilation;

/// <summary>Where a variable, a parameter or the multipliers of a constraint stand among all.</summary>
internal sealed record ProgramPart(string Name, int Start, int Rows, int Columns)
{
    public int Size => Rows * Columns;

    /// <summary>The part of rows of numbers: [batch, rows] for a vector, [batch, rows, columns] for a matrix.</summary>
    public Tensor Of(Tensor rows)
    {
        Tensor part = rows.narrow(1, Start, Size);
        return Columns == 1 ? part : part.reshape(rows.shape[0], Rows, Columns);
    }
}
