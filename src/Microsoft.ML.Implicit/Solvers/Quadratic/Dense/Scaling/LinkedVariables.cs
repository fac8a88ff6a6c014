using Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Data;
using Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Panels;

namespace Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Scaling;

/// <summary>
/// Sets of variables that rows of G and A link. Those with curvature form one group, whose units the objective ties together;
/// every other set is a group of its own, whose unit is free.
/// </summary>
internal sealed class LinkedVariables(ConstraintLayout layout)
{
    /// <summary>The group of the variables that curvature ties together.</summary>
    public const int Curved = 0;

    private const int None = -1;

    private readonly int[] _parents = new int[layout.ActualVariables];
    private readonly int[] _groups = new int[layout.ActualVariables];
    private readonly int[] _inequalities = new int[layout.Inequalities];
    private readonly int[] _equalities = new int[layout.Equalities];
    private int _sets;

    /// <summary>One more than the largest group.</summary>
    public int Groups { get; private set; }

    /// <summary>Whether variables have curvature.</summary>
    public bool AnyCurved { get; private set; }

    /// <summary>Finds the sets that row-major matrices link.</summary>
    public void Load(ReadOnlySpan<double> g, ReadOnlySpan<double> a)
    {
        _sets = _parents.Length;
        for (int i = 0; i < _parents.Length; i++)
        {
            _parents[i] = i;
        }

        Link(g, _inequalities);
        Link(a, _equalities);
        for (int i = 0; i < _parents.Length; i++)
        {
            _parents[i] = First(i);
        }
    }

    /// <summary>Forms the groups, from the diagonal of a matrix that is not zero in the rows of variables with curvature.</summary>
    public void Group(PanelMatrix q)
    {
        AnyCurved = false;
        Array.Fill(_groups, None);
        for (int i = 0; i < _groups.Length; i++)
        {
            if (q.At(i, i) != 0)
            {
                AnyCurved = true;
                _groups[_parents[i]] = Curved;
            }
        }

        // The first variable of a set comes before the others.
        Groups = Curved + 1;
        for (int i = 0; i < _groups.Length; i++)
        {
            bool isNew = _parents[i] == i && _groups[i] == None;
            _groups[i] = isNew ? Groups++ : _groups[_parents[i]];
        }
    }

    /// <summary>The first variable of the set that a variable is in.</summary>
    public int SetOf(int variable) => _parents[variable];

    /// <summary>The first variable of the set that a row of G links.</summary>
    public int SetOfInequality(int row) => _parents[_inequalities[row]];

    /// <summary>The first variable of the set that a row of A links.</summary>
    public int SetOfEquality(int row) => _parents[_equalities[row]];

    public int GroupOf(int variable) => _groups[variable];

    /// <summary>The group of the variables in a row of G.</summary>
    public int GroupOfInequality(int row) => _groups[_inequalities[row]];

    /// <summary>The group of the variables in a row of A.</summary>
    public int GroupOfEquality(int row) => _groups[_equalities[row]];

    private void Link(ReadOnlySpan<double> matrix, int[] firstVariables)
    {
        for (int i = 0; i < firstVariables.Length; i++)
        {
            ReadOnlySpan<double> row = matrix.Slice(i * _parents.Length, _parents.Length);
            int first = Math.Max(row.IndexOfAnyExcept(0), 0);
            firstVariables[i] = first;
            for (int j = first + 1; _sets > 1 && j < row.Length; j++)
            {
                if (row[j] != 0)
                {
                    Join(first, j);
                }
            }
        }
    }

    private void Join(int one, int other)
    {
        int first = First(one), second = First(other);
        if (first != second)
        {
            _parents[Math.Max(first, second)] = Math.Min(first, second);
            _sets--;
        }
    }

    private int First(int variable)
    {
        while (_parents[variable] != variable)
        {
            _parents[variable] = _parents[_parents[variable]];
            variable = _parents[variable];
        }

        return variable;
    }
}
