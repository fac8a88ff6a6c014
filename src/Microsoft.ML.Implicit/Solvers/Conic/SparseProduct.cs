using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Conic;

/// <summary>Products with matrices that are given by their entries, differentiable in values and vectors.</summary>
internal static class SparseProduct
{
    /// <summary>M x, [batch, rows].</summary>
    /// <param name="entries">Where M has entries.</param>
    /// <param name="values">Their values, [entries] or [batch, entries].</param>
    /// <param name="x">[batch, columns].</param>
    public static Tensor Multiply(SparseEntries entries, Tensor values, Tensor x) => Gather(values, x, Rows(entries, x), Columns(entries, x), entries.Rows);

    /// <summary>Mᵀx, [batch, columns], for x of [batch, rows].</summary>
    public static Tensor MultiplyTransposed(SparseEntries entries, Tensor values, Tensor x) => Gather(values, x, Columns(entries, x), Rows(entries, x), entries.Columns);

    /// <summary>left rightᵀ in the places of entries, [batch, entries].</summary>
    /// <param name="entries">The entries.</param>
    /// <param name="left">[batch, rows].</param>
    /// <param name="right">[batch, columns].</param>
    public static Tensor Outer(SparseEntries entries, Tensor left, Tensor right) => left.index_select(1, Rows(entries, left)).mul(right.index_select(1, Columns(entries, right)));

    private static Tensor Gather(Tensor values, Tensor x, Tensor to, Tensor from, int length) =>
        zeros(x.shape[0], length, x.dtype, x.device).index_add(1, to, x.index_select(1, from).mul(values), 1.Held());

    private static Tensor Rows(SparseEntries entries, Tensor like) => NativeTensor.Of([.. entries.RowIndices()], [entries.Count], like.device);

    private static Tensor Columns(SparseEntries entries, Tensor like) => NativeTensor.Of(Array.ConvertAll(entries.ColumnIndices, column => (long)column), [entries.Count], like.device);
}
