using Microsoft.ML.Implicit.Solvers.Conic.Systems;
using Microsoft.ML.Implicit.Solvers.Conic.Units;

namespace Microsoft.ML.Implicit.Solvers.Conic.Centring;

/// <summary>
/// Finds columns of A that lie far from zero beside their spread, as those of regressors that are dates, where a free variable, as an intercept, is in the same rows: less the multiple of its column that is
/// nearest they are as if they had been centred. Row by row such a pair has nearly one ratio.
/// </summary>
internal sealed class ColumnSearch(int variables)
{
    // The spread of a column's ratios beside their mean where it is far from zero.
    private const double Near = 1.0 / 32;

    // Fewer rows have nearly one ratio by chance.
    private const int FewestRows = 3;

    // Beside it: less is rounding of a column that is a multiple of another, which centring does not help.
    private const double Rounding = 1e-14;

    // How far a ratio may be from the first and the column still be near the multiple.
    private const double LargestRatio = 2;

    private readonly int[] _counts = new int[variables];
    private readonly int[] _firsts = new int[variables];
    private readonly int[] _lasts = new int[variables];
    private readonly int[] _shortest = new int[variables];
    private readonly int[] _lengths = new int[variables];
    private readonly bool[] _hasOwnTerms = new bool[variables];

    /// <summary>Finds shifts of columns and applies them to A.</summary>
    /// <param name="p">P.</param>
    /// <param name="a">A, finite.</param>
    public ColumnShifts Apply(RowMatrix p, RowMatrix a)
    {
        Measure(p, a);
        List<ColumnShift> shifts = [];
        for (int j = 0; j < variables; j++)
        {
            if (_counts[j] < FewestRows || _hasOwnTerms[j])
            {
                continue;
            }

            ReadOnlySpan<int> columns = a.ColumnsOf(_shortest[j]);
            int length = a.Row(_shortest[j]).Length;
            for (int entry = 0; entry < length; entry++)
            {
                int k = VariableBounds.Variable(columns, entry);
                if (k != j && _counts[k] >= _counts[j] && HasOneRatio(a, j, k) && FindFactor(a, j, k) is { } factor)
                {
                    shifts.Add(new ColumnShift(k, j, factor));
                    new ColumnShifts([shifts[^1]]).Apply(a);
                }
            }
        }

        return shifts.Count == 0 ? ColumnShifts.None : new ColumnShifts(shifts);
    }

    // Variables with a bound or a square of their own are none that others can be centred by.
    private void Measure(RowMatrix p, RowMatrix a)
    {
        Array.Clear(_counts);
        for (int i = 0; i < variables; i++)
        {
            _hasOwnTerms[i] = !p.IsEmpty && p.Row(i).ContainsAnyExcept(0);
        }

        for (int i = 0; i < a.Rows; i++)
        {
            ReadOnlySpan<double> row = a.Row(i);
            ReadOnlySpan<int> columns = a.ColumnsOf(i);
            int count = row.Length - row.Count(0);
            for (int entry = 0; entry < row.Length; entry++)
            {
                if (row[entry] == 0)
                {
                    continue;
                }

                int j = VariableBounds.Variable(columns, entry);
                if (_counts[j] == 0 || count < _lengths[j])
                {
                    (_shortest[j], _lengths[j]) = (i, count);
                }

                _firsts[j] = _counts[j] == 0 ? i : _firsts[j];
                _lasts[j] = i;
                _counts[j]++;
                _hasOwnTerms[j] |= count == 1;
            }
        }
    }

    // Spares most pairs the pass over their rows.
    private bool HasOneRatio(RowMatrix a, int j, int k)
    {
        double first = Entry(a, _firsts[j], k) / Entry(a, _firsts[j], j), last = Entry(a, _lasts[j], k) / Entry(a, _lasts[j], j);
        return IsSimilar(first, last);
    }

    // The mean of the ratios, where they are spread little about it: whatever units rows have, each counts alike.
    private double? FindFactor(RowMatrix a, int j, int k)
    {
        double first = double.NaN, mean = 0, spread = 0;
        int count = 0;
        for (int i = _firsts[j]; i <= _lasts[j]; i++)
        {
            double other = Entry(a, i, j);
            if (other == 0)
            {
                continue;
            }

            double ratio = Entry(a, i, k) / other;
            first = double.IsNaN(first) ? ratio : first;
            if (!IsSimilar(first, ratio))
            {
                return null;
            }

            // Welford's update.
            double change = ratio - mean;
            mean += change / ++count;
            spread += change * (ratio - mean);
        }

        double deviation = Math.Sqrt(spread / count) / Math.Abs(mean);
        return deviation is < Near and > Rounding ? mean : null;
    }

    private static bool IsSimilar(double first, double second) => second / first is > 1 / LargestRatio and < LargestRatio;

    private static double Entry(RowMatrix a, int row, int column) => a.Find(row, column) is >= 0 and int entry ? a.Values[entry] : 0;
}
