using Microsoft.ML.Implicit.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.LinearAlgebra;

/// <summary>A banded matrix for each row, stored by diagonals.</summary>
public sealed class BandedOperator : RowOperator
{
    private readonly OperatorTraits _traits;

    /// <summary>Wraps diagonals, which stay the caller's.</summary>
    /// <param name="diagonals">
    /// <c>[rows, lower + 1 + upper, width]</c>, float32 or float64: element (d, j) is A[j + d − upper, j], as LAPACK stores bands;
    /// elements outside the matrix are not read.
    /// </param>
    /// <param name="lower">Diagonals below the main one.</param>
    /// <param name="traits">What is known of all matrices.</param>
    /// <exception cref="ArgumentException">The diagonals are not floating point with three dimensions.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="lower"/> is not from 0 up to the number of diagonals.</exception>
    public BandedOperator(Tensor diagonals, int lower, OperatorTraits traits = OperatorTraits.None)
        : base(Checked(diagonals).shape[0], diagonals.shape[2], diagonals.dtype, diagonals.device)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(lower);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(lower, diagonals.shape[1]);
        Diagonals = diagonals.detach();
        Lower = lower;
        Upper = (int)diagonals.shape[1] - 1 - lower;
        _traits = traits;
    }

    /// <summary>The diagonals, as given.</summary>
    public Tensor Diagonals { get; }

    /// <summary>Diagonals below the main one.</summary>
    public int Lower { get; }

    /// <summary>Diagonals above the main one.</summary>
    public int Upper { get; }

    /// <inheritdoc/>
    public override OperatorTraits Traits => _traits;

    /// <inheritdoc/>
    public override Tensor Apply(Tensor vector) => Multiply(vector, transposed: false);

    /// <inheritdoc/>
    public override Tensor ApplyTransposed(Tensor vector) => Multiply(vector, transposed: true);

    /// <inheritdoc/>
    public override RowOperator SelectRows(Tensor rows) => new BandedOperator(Diagonals.index_select(0, rows), Lower, _traits);

    private Tensor Multiply(Tensor vector, bool transposed)
    {
        ArgumentNullException.ThrowIfNull(vector);
        using DisposeScope scope = NewDisposeScope();
        Tensor result = zeros_like(vector);
        for (int d = 0; d < Diagonals.shape[1]; d++)
        {
            long offset = d - Upper;
            long count = Width - Math.Abs(offset);
            if (count > 0)
            {
                long column = Math.Max(0, -offset);
                long row = Math.Max(0, offset);
                (long from, long to) = transposed ? (row, column) : (column, row);
                Tensor diagonal = Diagonals.select(1, d).narrow(1, column, count);
                Tensor target = result.narrow(1, to, count);
                target.PlusInPlace(diagonal * vector.narrow(1, from, count));
            }
        }

        return result.MoveToOuterDisposeScope();
    }

    private static Tensor Checked(Tensor diagonals)
    {
        ArgumentNullException.ThrowIfNull(diagonals);
        return diagonals.dim() == 3 && diagonals.dtype is ScalarType.Float32 or ScalarType.Float64
            ? diagonals
            : throw new ArgumentException($"Diagonals must be float32 or float64 [rows, diagonals, width] but are {diagonals.dtype} [{string.Join(", ", diagonals.shape)}].", nameof(diagonals));
    }
}
