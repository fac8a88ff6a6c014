using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.LinearAlgebra;

/// <summary>A matrix for each row.</summary>
public sealed class DenseOperator : RowOperator
{
    private readonly Tensor _matrices;
    private readonly OperatorTraits _traits;

    /// <summary>Wraps matrices, which stay the caller's.</summary>
    /// <param name="matrices"><c>[rows, width, width]</c>, float32 or float64.</param>
    /// <param name="traits">What is known of all of them.</param>
    /// <param name="sparsity">Which elements may differ from zero; <see langword="null"/> for all.</param>
    /// <exception cref="ArgumentException">The matrices are not square or not floating point.</exception>
    public DenseOperator(Tensor matrices, OperatorTraits traits = OperatorTraits.None, SparsityPattern? sparsity = null)
        : base(Checked(matrices).shape[0], matrices.shape[1], matrices.dtype, matrices.device)
    {
        _matrices = matrices.detach();
        _traits = traits;
        Sparsity = sparsity;
    }

    /// <inheritdoc/>
    public override OperatorTraits Traits => _traits;

    /// <inheritdoc/>
    public override SparsityPattern? Sparsity { get; }

    /// <inheritdoc/>
    public override Tensor Apply(Tensor vector)
    {
        ArgumentNullException.ThrowIfNull(vector);
        return _matrices.matmul(vector.unsqueeze(2)).squeeze(2);
    }

    /// <inheritdoc/>
    public override Tensor ApplyTransposed(Tensor vector)
    {
        ArgumentNullException.ThrowIfNull(vector);
        return vector.unsqueeze(1).matmul(_matrices).squeeze(1);
    }

    /// <inheritdoc/>
    public override Tensor Dense() => _matrices.clone();

    /// <inheritdoc/>
    public override RowOperator SelectRows(Tensor rows) => new DenseOperator(_matrices.index_select(0, rows), _traits, Sparsity);

    /// <inheritdoc/>
    public override RowOperator Transpose() => new DenseOperator(_matrices.transpose(1, 2), _traits);

    private static Tensor Checked(Tensor matrices)
    {
        ArgumentNullException.ThrowIfNull(matrices);
        return matrices.dim() == 3 && matrices.shape[1] == matrices.shape[2] && matrices.dtype is ScalarType.Float32 or ScalarType.Float64
            ? matrices
            : throw new ArgumentException($"Matrices must be float32 or float64 [rows, width, width] but are {matrices.dtype} [{string.Join(", ", matrices.shape)}].", nameof(matrices));
    }
}
