using Microsoft.ML.Implicit.Numerics;
using Microsoft.ML.Implicit.Solvers.Conic.Interior;
using Microsoft.ML.Implicit.Solvers.Conic.Systems;
using Microsoft.ML.Implicit.Solvers.Conic.Units;

namespace Microsoft.ML.Implicit.Solvers.Conic.Centring;

/// <summary>
/// A row's program in variables that its data lie near, x = T(u₀ + u): with A T in the place of A, b − A T u₀ in that of b and Tᵀq + P u₀ in that of q, which are differences of what is given and as exact as
/// it. Refinement of linear programs moves them so (Gleixner, Steffy and Wolter, "Iterative refinement for linear programming", 2016).
/// </summary>
internal sealed class CentredProgram(int variables, int constraints)
{
    // Of the terms of a side: what is less is rounding of what is given.
    private const double Rounding = 1e-15;

    private readonly ColumnSearch _search = new(variables);

    /// <summary>T.</summary>
    public ColumnShifts Columns { get; private set; } = ColumnShifts.None;

    /// <summary>u₀.</summary>
    public double[] Origin { get; } = new double[variables];

    /// <summary>Whether that is another origin than zero.</summary>
    public bool IsMoved { get; private set; }

    public double[] Costs { get; } = new double[variables];

    public double[] Sides { get; } = new double[constraints];

    /// <summary>Takes a row's program, where finite with columns that are centred, about zero.</summary>
    /// <returns>Whether its matrices are finite.</returns>
    public bool TryLoad(ConeData data, int row, RowMatrix p, RowMatrix a)
    {
        data.Load(row, p, a);
        Array.Clear(Origin);
        IsMoved = false;
        data.B(row).CopyTo(Sides);
        data.Q(row).CopyTo(Costs);
        if (!DenseVector.IsFinite(p.Values) || !DenseVector.IsFinite(a.Values))
        {
            return false;
        }

        Columns = _search.Apply(p, a);
        Columns.ToColumns(Costs);
        return true;
    }

    /// <summary>Takes the matrices of the same row again.</summary>
    public void LoadMatrices(ConeData data, int row, RowMatrix p, RowMatrix a)
    {
        data.Load(row, p, a);
        Columns.Apply(a);
    }

    /// <summary>Moves the program to another origin, and takes its matrices again.</summary>
    public void Move(ConeData data, int row, RowMatrix p, RowMatrix a)
    {
        LoadMatrices(data, row, p, a);
        IsMoved = true;
        ReadOnlySpan<double> b = data.B(row);
        for (int i = 0; i < Sides.Length; i++)
        {
            (double side, double terms) = Sum(b[i], a.Row(i), a.ColumnsOf(i), -1);
            Sides[i] = Math.Abs(side) > Rounding * terms ? side : 0;
        }

        data.Q(row).CopyTo(Costs);
        Columns.ToColumns(Costs);
        for (int i = 0; i < p.Rows; i++)
        {
            Costs[i] = Sum(Costs[i], p.Row(i), p.ColumnsOf(i), 1).Value;
        }
    }

    private (double Value, double Terms) Sum(double first, ReadOnlySpan<double> row, ReadOnlySpan<int> columns, double sign)
    {
        CompensatedSum sum = default;
        sum.Add(first);
        double terms = 0;
        for (int k = 0; k < row.Length; k++)
        {
            double origin = sign * Origin[VariableBounds.Variable(columns, k)];
            if (row[k] != 0 && origin != 0)
            {
                sum.AddProduct(row[k], origin);
                terms += Math.Abs(row[k] * origin);
            }
        }

        return (sum.Value, terms);
    }
}
