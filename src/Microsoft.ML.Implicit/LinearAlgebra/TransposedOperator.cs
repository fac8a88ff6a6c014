using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.LinearAlgebra;

/// <summary>The transpose of an operator.</summary>
internal sealed class TransposedOperator(RowOperator inner) : RowOperator(inner.Rows, inner.Width, inner.Type, inner.Device)
{
    public override OperatorTraits Traits => inner.Traits;

    public override Tensor Apply(Tensor vector) => inner.ApplyTransposed(vector);

    public override Tensor ApplyTransposed(Tensor vector) => inner.Apply(vector);

    internal override Tensor ApplyComplement(Tensor vector) => inner.ApplyComplementTransposed(vector);

    internal override Tensor ApplyComplementTransposed(Tensor vector) => inner.ApplyComplement(vector);

    public override Tensor Dense() => inner.Dense().transpose(1, 2);

    public override RowOperator? SelectRows(Tensor rows) => inner.SelectRows(rows)?.Transpose();

    public override RowOperator Transpose() => inner;
}
