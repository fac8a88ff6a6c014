namespace Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Data;

/// <summary>Rows of G with one entry, which bound a variable.</summary>
internal sealed class SingleVariableRows(ConstraintLayout layout)
{
    private const int None = -1;

    private readonly int[] _variables = new int[layout.Inequalities];
    private readonly double[] _coefficients = new double[layout.Inequalities];

    public bool Any { get; private set; }

    /// <summary>Finds them in a row-major G.</summary>
    public void Load(ReadOnlySpan<double> g)
    {
        Any = false;
        for (int i = 0; i < layout.Inequalities; i++)
        {
            ReadOnlySpan<double> row = g.Slice(i * layout.ActualVariables, layout.ActualVariables);
            int first = row.IndexOfAnyExcept(0), last = row.LastIndexOfAnyExcept(0);
            _variables[i] = first == last ? first : None;
            _coefficients[i] = _variables[i] >= 0 ? row[first] : 0;
            Any |= _variables[i] >= 0;
        }
    }

    /// <summary>Whether a row has one entry, and which, in the user's units.</summary>
    public bool TryGet(int row, out int variable, out double coefficient)
    {
        variable = _variables[row];
        coefficient = _coefficients[row];
        return variable >= 0;
    }
}
