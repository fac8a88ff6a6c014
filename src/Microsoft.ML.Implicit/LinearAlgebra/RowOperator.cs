using Microsoft.ML.Implicit.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.LinearAlgebra;

/// <summary>A square linear operator for each row of a batch: row i of the result depends on row i of the vector alone.</summary>
/// <remarks>An operator needs no matrix: a Jacobian known by its products is one.</remarks>
public abstract class RowOperator
{
    /// <summary>Creates an operator.</summary>
    /// <param name="rows">Rows of the batch.</param>
    /// <param name="width">Length of a row's vector.</param>
    /// <param name="type">Float32 or float64.</param>
    /// <param name="device">Where vectors are.</param>
    protected RowOperator(long rows, long width, ScalarType type, Device device)
    {
        Rows = rows;
        Width = width;
        Type = type;
        Device = device;
    }

    /// <summary>Rows of the batch.</summary>
    public long Rows { get; }

    /// <summary>Length of a row's vector.</summary>
    public long Width { get; }

    /// <summary>Type of the vectors' elements.</summary>
    public ScalarType Type { get; }

    /// <summary>Where vectors are.</summary>
    public Device Device { get; }

    /// <summary>What is known of the operator; a solver may rely on it.</summary>
    public virtual OperatorTraits Traits => OperatorTraits.None;

    /// <summary>Which elements of every row's matrix may differ from zero; <see langword="null"/> where nothing is known, as by default.</summary>
    public virtual SparsityPattern? Sparsity => null;

    /// <summary>Applies the operator.</summary>
    /// <param name="vector"><c>[rows, width]</c>, not written to.</param>
    /// <returns>A v, <c>[rows, width]</c>, without a graph; the caller may write to it.</returns>
    public abstract Tensor Apply(Tensor vector);

    /// <summary>Applies the transposed operator.</summary>
    /// <param name="vector"><c>[rows, width]</c>, not written to.</param>
    /// <returns>Aᵀ v, <c>[rows, width]</c>, without a graph; the caller may write to it.</returns>
    public abstract Tensor ApplyTransposed(Tensor vector);

    /// <summary>Applies what is left of the identity without the transposed operator, for those that are known by it.</summary>
    /// <param name="vector"><c>[rows, width]</c>, not written to.</param>
    /// <returns>(I − A)ᵀ v, <c>[rows, width]</c>, without a graph; the caller may write to it.</returns>
    internal virtual Tensor ApplyComplementTransposed(Tensor vector) => ApplyTransposed(vector).neg_().PlusInPlace(vector);

    /// <summary>The same with the operator itself.</summary>
    /// <returns>(I − A) v, <c>[rows, width]</c>.</returns>
    internal virtual Tensor ApplyComplement(Tensor vector) => Apply(vector).neg_().PlusInPlace(vector);

    /// <summary>The operator as matrices. Unless overridden it is applied to each unit vector, in all rows at once.</summary>
    /// <returns><c>[rows, width, width]</c>; the caller may write to it.</returns>
    /// <remarks>The number of products is the width and does not depend on the number of rows.</remarks>
    public virtual Tensor Dense()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor units = eye(Width, dtype: Type, device: Device);
        Tensor[] rows = [.. Enumerable.Range(0, checked((int)Width)).Select(i => ApplyTransposed(units[i].expand(Rows, Width)))];
        return (rows.Length == 0 ? zeros(Rows, 0, 0, Type, Device) : stack(rows, 1)).MoveToOuterDisposeScope();
    }

    /// <summary>Restricts the operator to some rows, so that rows that have converged stop costing.</summary>
    /// <param name="rows">Indices, int64 <c>[count]</c>, on the operator's device.</param>
    /// <returns>The restricted operator, or null where it cannot be restricted, as by default.</returns>
    public virtual RowOperator? SelectRows(Tensor rows) => null;

    /// <summary>The transposed operator.</summary>
    public virtual RowOperator Transpose() => new TransposedOperator(this);
}
