using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Data;

/// <summary>Rows of features as one tensor: dense, or in coordinate format where a wide vector is mostly zeros.</summary>
internal static class FeatureTensor
{
    // Several inputs a feature cost little below this width, and mostly zeros nothing below that one.
    private const int WideVector = 1024;
    private const int WideSparseVector = 256;

    // A value in coordinate format takes the room of five dense ones.
    private const double SparseShare = 0.1;

    /// <summary>Whether a feature vector is too long for several inputs a feature.</summary>
    /// <param name="width">Length of the vector.</param>
    public static bool IsWide(long width) => width > WideVector;

    /// <summary>Whether rows are better held by their non-zeros alone.</summary>
    /// <param name="values">Non-zeros of all rows.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="width">Length of the vector.</param>
    public static bool IsSparse(long values, long rows, int width) => width > WideSparseVector && values <= SparseShare * rows * width;

    /// <summary>Number of values of a row that are not zero, however it is stored.</summary>
    public static int CountNonZeros(in VBuffer<float> row)
    {
        int count = 0;
        foreach (float value in row.GetValues())
        {
            count += value != 0 ? 1 : 0;
        }

        return count;
    }

    /// <summary>At most so many rows, evenly spread.</summary>
    /// <param name="features">float32 [rows, features].</param>
    /// <param name="count">Number of rows at most.</param>
    /// <returns>The rows, and of how many each is one.</returns>
    public static (Tensor Rows, long Stride) EvenlySpread(Tensor features, long count)
    {
        long stride = Math.Max((features.shape[0] + count - 1) / count, 1);
        return (stride == 1 ? features : features.index_select(0, HeldArithmetic.Range(0, (features.shape[0] + stride - 1) / stride, features.device) * stride.Held()), stride);
    }

    /// <summary>Rows in full: float32 [rows, width].</summary>
    public static Tensor Dense(ReadOnlySpan<VBuffer<float>> rows, int width)
    {
        float[] values = new float[rows.Length * width];
        for (int row = 0; row < rows.Length; row++)
        {
            rows[row].CopyTo(values.AsSpan(row * width, width));
        }

        return NativeTensor.Of(values, [rows.Length, width]);
    }

    /// <summary>Rows by their non-zeros: float32 [rows, width] in coordinate format, row by row.</summary>
    public static Tensor Sparse(ReadOnlySpan<VBuffer<float>> rows, int width)
    {
        int count = 0;
        foreach (ref readonly VBuffer<float> row in rows)
        {
            count += CountNonZeros(in row);
        }

        long[] indices = new long[2 * count];
        float[] values = new float[count];
        int next = 0;
        for (int row = 0; row < rows.Length; row++)
        {
            ReadOnlySpan<float> stored = rows[row].GetValues();
            for (int i = 0; i < stored.Length; i++)
            {
                if (stored[i] != 0)
                {
                    (indices[next], indices[count + next], values[next]) = (row, rows[row].IsDense ? i : rows[row].GetIndices()[i], stored[i]);
                    next++;
                }
            }
        }

        return sparse_coo_tensor(tensor(indices, [2, count]), tensor(values), [rows.Length, width]);
    }

    /// <summary>The features of which a value is missing somewhere, ascending.</summary>
    /// <param name="rows">float32 [rows, features] each; what is missing is NaN.</param>
    public static int[] FindMissing(params IEnumerable<Tensor> rows)
    {
        using DisposeScope scope = NewDisposeScope();
        return [.. rows.Where(each => !each.is_sparse)
            .SelectMany(each => each.isnan().any(0).data<bool>().ToArray().Index().Where(feature => feature.Item).Select(feature => feature.Index))
            .Distinct()
            .Order()];
    }

    /// <summary>Rows held in full, or by their non-zeros, as is asked for.</summary>
    public static Tensor Hold(Tensor rows, bool byNonZeros) =>
        rows.is_sparse == byNonZeros ? rows : byNonZeros ? rows.to_sparse() : rows.to_dense();

    /// <summary>A tensor in coordinate format with other values at the same places.</summary>
    public static Tensor WithValues(Tensor rows, Tensor values) => sparse_coo_tensor(rows.SparseIndices, values, rows.shape);
}
