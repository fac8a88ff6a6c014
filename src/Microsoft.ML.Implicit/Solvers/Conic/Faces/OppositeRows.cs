using Microsoft.ML.Implicit.Solvers.Conic.Systems;
using Microsoft.ML.Implicit.Solvers.Conic.Units;

namespace Microsoft.ML.Implicit.Solvers.Conic.Faces;

/// <summary>What two inequalities say of one variable where all others cancel in their sum, as t ≥ x and t ≥ −x do of t.</summary>
internal static class OppositeRows
{
    /// <summary>Takes the bounds that pairs of rows of A x ≤ b state.</summary>
    public static void Bound(RowMatrix a, double[] b, IEnumerable<int> rows, VariableBounds bounds)
    {
        foreach (IGrouping<int, int> alike in rows.GroupBy(row => HashOfMagnitudes(a, row)))
        {
            int[] group = [.. alike];
            for (int i = 0; i < group.Length; i++)
            {
                for (int k = i + 1; k < group.Length; k++)
                {
                    Bound(a, b, group[i], group[k], bounds);
                }
            }
        }
    }

    private static int HashOfMagnitudes(RowMatrix a, int row)
    {
        ReadOnlySpan<double> entries = a.Row(row);
        ReadOnlySpan<int> columns = a.ColumnsOf(row);
        HashCode hash = default;
        for (int entry = 0; entry < entries.Length; entry++)
        {
            if (entries[entry] != 0)
            {
                hash.Add((VariableBounds.Variable(columns, entry), Math.Abs(entries[entry])));
            }
        }

        return hash.ToHashCode();
    }

    private static void Bound(RowMatrix a, double[] b, int first, int second, VariableBounds bounds)
    {
        ReadOnlySpan<double> left = a.Row(first), right = a.Row(second);
        ReadOnlySpan<int> columns = a.ColumnsOf(first);
        if (!columns.SequenceEqual(a.ColumnsOf(second)))
        {
            return;
        }

        int only = -1;
        for (int entry = 0; entry < left.Length; entry++)
        {
            if (left[entry] + right[entry] == 0)
            {
                continue;
            }

            if (only >= 0)
            {
                return;
            }

            only = entry;
        }

        if (only >= 0)
        {
            bounds.Bound(VariableBounds.Variable(columns, only), left[only] + right[only], b[first] + b[second]);
        }
    }
}
