namespace Microsoft.ML.Implicit.Solvers.Conic.Units;

/// <summary>Bounds of variables, and what rows of constraints say of one by what the others leave (activities of rows; Savelsbergh, 1994).</summary>
/// <param name="variables">Number of variables.</param>
internal sealed class VariableBounds(int variables)
{
    private readonly double[] _lower = new double[variables];
    private readonly double[] _upper = new double[variables];

    /// <summary>Forgets all bounds.</summary>
    public void Reset()
    {
        Array.Fill(_lower, double.NegativeInfinity);
        Array.Fill(_upper, double.PositiveInfinity);
    }

    /// <summary>Takes the bounds of others.</summary>
    public void Take(VariableBounds others)
    {
        others._lower.CopyTo(_lower, 0);
        others._upper.CopyTo(_upper, 0);
    }

    /// <summary>The largest magnitude that a variable may have: infinite where it has no bound on a side, zero where it is to be zero.</summary>
    public double Largest(int variable) => Math.Max(Math.Abs(_lower[variable]), Math.Abs(_upper[variable]));

    /// <summary>Moves values onto the bounds that they are beyond.</summary>
    public void Project(Span<double> values)
    {
        for (int j = 0; j < values.Length; j++)
        {
            values[j] = values[j] < _lower[j] ? _lower[j] : values[j] > _upper[j] ? _upper[j] : values[j];
        }
    }

    /// <summary>Takes coefficient · variable ≤ side.</summary>
    /// <returns>Whether the bound is tighter than what was known.</returns>
    public bool Bound(int variable, double coefficient, double side)
    {
        // Without negative zeros.
        double value = (side / coefficient) + 0.0;
        ref double bound = ref coefficient > 0 ? ref _upper[variable] : ref _lower[variable];
        bool isTighter = coefficient > 0 ? value < bound : value > bound;
        bound = isTighter ? value : bound;
        return isTighter;
    }

    /// <summary>Takes sign · row ≤ side: a term can be what the least of the others leaves.</summary>
    /// <returns>Whether a bound is tighter than what was known.</returns>
    public bool Tighten(ReadOnlySpan<double> row, ReadOnlySpan<int> columns, double side, double sign)
    {
        double least = 0;
        int unbounded = 0, last = -1;
        for (int k = 0; k < row.Length; k++)
        {
            double term = Least(sign * row[k], Variable(columns, k));
            if (double.IsInfinity(term))
            {
                unbounded++;
                last = k;
            }
            else
            {
                least += term;
            }
        }

        bool isTighter = unbounded == 1 && Bound(Variable(columns, last), sign * row[last], side - least);
        for (int k = 0; unbounded == 0 && k < row.Length; k++)
        {
            if (row[k] != 0)
            {
                int variable = Variable(columns, k);
                isTighter |= Bound(variable, sign * row[k], side - (least - Least(sign * row[k], variable)));
            }
        }

        return isTighter;
    }

    /// <summary>The most that side − row can be, and the magnitudes of the terms that it is a sum of.</summary>
    public (double Most, double Terms) MostLeft(ReadOnlySpan<double> row, ReadOnlySpan<int> columns, double side)
    {
        double most = side, terms = Math.Abs(side);
        for (int k = 0; k < row.Length; k++)
        {
            double term = Least(row[k], Variable(columns, k));
            most -= term;
            terms += Math.Abs(term);
        }

        return (most, terms);
    }

    /// <summary>The variable of an entry.</summary>
    /// <param name="columns">Those of a row, empty where it has all.</param>
    /// <param name="entry">Place in the row.</param>
    public static int Variable(ReadOnlySpan<int> columns, int entry) => columns.IsEmpty ? entry : columns[entry];

    private double Least(double coefficient, int variable) => coefficient > 0 ? coefficient * _lower[variable] : coefficient < 0 ? coefficient * _upper[variable] : 0;
}
