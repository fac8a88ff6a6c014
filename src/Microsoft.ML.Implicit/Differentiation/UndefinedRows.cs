using Microsoft.ML.Implicit.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Differentiation;

/// <summary>
/// Rows of a batch where an equation has no value. Autograd multiplies even a cotangent of zero with their derivatives, which are not numbers, and so spoils the gradients of all that
/// rows share. Another row therefore takes their place in what is differentiated, and a cotangent of theirs that is not zero becomes NaN.
/// </summary>
internal sealed class UndefinedRows : IBackwardRule
{
    private readonly long[] _rows;
    private readonly long? _other;

    private UndefinedRows(long[] rows, long count)
    {
        _rows = rows;
        _other = rows.Length == count ? null : Enumerable.Range(0, rows.Length + 1).Select(row => (long)row).Except(rows).First();
    }

    /// <summary>Finds rows that are not finite.</summary>
    /// <param name="values"><c>[rows, ...]</c> each; those that are no dense floating-point numbers of as many rows as the first are not looked at.</param>
    /// <returns>The rows; null where all are finite.</returns>
    public static UndefinedRows? Find(params IReadOnlyList<Tensor> values)
    {
        using DisposeScope scope = NewDisposeScope();
        long count = values[0].shape[0];
        bool[] isUndefined = new bool[count];
        foreach (Tensor value in values.Where(value => HasRows(value, count)))
        {
            bool[] finite = [.. value.detach().isfinite().reshape(count, -1).all(1).cpu().data<bool>()];
            isUndefined = [.. isUndefined.Zip(finite, (undefined, isFinite) => undefined || !isFinite)];
        }

        long[] rows = [.. Enumerable.Range(0, isUndefined.Length).Where(row => isUndefined[row])];
        return rows.Length == 0 ? null : new UndefinedRows(rows, count);
    }

    /// <summary>Whether a row is one of them.</summary>
    public bool Contains(int row) => Array.BinarySearch(_rows, row) >= 0;

    /// <summary>Puts another row, or zeros where there is none, in the place of these; nothing flows back to either.</summary>
    /// <param name="tensor"><c>[rows, ...]</c>.</param>
    public Tensor Replace(Tensor tensor) => _other is { } other
        ? tensor.index_copy(0, Indices(tensor), tensor.detach().narrow(0, other, 1).expand([_rows.Length, .. tensor.shape[1..]]))
        : tensor.index_fill(0, Indices(tensor), 0.Held());

    /// <summary>The same for each input that is not finite in one of these rows.</summary>
    /// <param name="inputs">Of a function of the rows.</param>
    /// <param name="count">Number of rows.</param>
    public IReadOnlyList<Tensor> ReplaceNotFinite(IReadOnlyList<Tensor> inputs, long count) =>
        [.. inputs.Select(input => HasRows(input, count) && Find(input) is { } own && own._rows.Intersect(_rows).ToArray() is { Length: > 0 } shared ? new UndefinedRows(shared, count).Replace(input) : input)];

    /// <summary>Puts what was found back in the place of these rows.</summary>
    /// <param name="replaced">With other rows in their place, perhaps with a graph.</param>
    /// <param name="found">What was found.</param>
    public Tensor Restore(Tensor replaced, Tensor found)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor indices = Indices(found);
        Tensor value = replaced.detach().index_copy(0, indices, found.detach().index_select(0, indices));
        return ImplicitSolve.Attach(this, [replaced], [value], [])[0].MoveToOuterDisposeScope();
    }

    /// <summary>Zero and NaN for the cotangents of these rows.</summary>
    public Tensor Restrict(Tensor cotangent)
    {
        Tensor own = cotangent.index_select(0, Indices(cotangent));
        return cotangent.index_copy(0, Indices(cotangent), zeros_like(own).masked_fill_(own.ne(0.Held()), double.NaN.Held()));
    }

    public IReadOnlyList<Tensor?> Backward(IReadOnlyList<Tensor> inputs, IReadOnlyList<Tensor> saved, IReadOnlyList<Tensor> cotangents) => [Restrict(cotangents[0])];

    public IReadOnlyList<Tensor?> DifferentiableBackward(IReadOnlyList<Tensor> inputs, IReadOnlyList<Tensor> saved, IReadOnlyList<Tensor> cotangents) => [Restrict(cotangents[0])];

    private static bool HasRows(Tensor tensor, long count) => !tensor.is_sparse && tensor.is_floating_point() && tensor.dim() > 0 && tensor.shape[0] == count;

    private Tensor Indices(Tensor like) => tensor(_rows, device: like.device);
}
