using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Modelling.Compilation;

/// <summary>Where a variable, a parameter or the multipliers of a constraint stand among all.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Start">Where its numbers begin.</param>
/// <param name="Rows">Its rows.</param>
/// <param name="Columns">Its columns.</param>
/// <param name="IsSymmetric">Whether its numbers are the lower triangle of a symmetric matrix by columns, entries off the diagonal times √2.</param>
/// <param name="Sign">The sign that a parameter is promised to have.</param>
internal sealed record ProgramPart(string Name, int Start, int Rows, int Columns, bool IsSymmetric = false, Sign Sign = Sign.Unknown)
{
    public int Size => Rows * Columns;

    /// <summary>How many numbers stand for it.</summary>
    public long StoredSize => IsSymmetric ? (long)Rows * (Rows + 1) / 2 : (long)Rows * Columns;

    /// <summary>The part of rows of numbers: [batch, rows] for a vector, [batch, rows, columns] for a matrix.</summary>
    public Tensor Of(Tensor rows)
    {
        Tensor part = rows.narrow(1, Start, StoredSize);
        part = IsSymmetric ? Unfold(part) : part;
        return Columns == 1 ? part : part.reshape(rows.shape[0], Rows, Columns);
    }

    private Tensor Unfold(Tensor triangle)
    {
        long[] places = new long[Size];
        double[] factors = new double[Size];
        for (int i = 0; i < Size; i++)
        {
            (int low, int high) = (Math.Min(i / Rows, i % Rows), Math.Max(i / Rows, i % Rows));
            places[i] = ((long)low * Rows) - ((long)low * (low - 1) / 2) + high - low;
            factors[i] = low == high ? 1 : Math.Sqrt(0.5);
        }

        return triangle.index_select(1, tensor(places, [Size], ScalarType.Int64)).mul(NativeTensor.Of(factors, [Size]));
    }
}
