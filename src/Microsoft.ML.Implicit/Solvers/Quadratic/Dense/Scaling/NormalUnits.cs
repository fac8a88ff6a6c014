using Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Data;

namespace Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Scaling;

/// <summary>
/// Chooses the units in which a row's solution and costs are of the order of one. With Q, G and A equilibrated, these are free: that of the variables and
/// right-hand sides of each group of <see cref="LinkedVariables"/>, and that of the objective. All are powers of two, so that changing to them rounds nothing.
/// </summary>
internal sealed unsafe class NormalUnits(ConstraintLayout layout)
{
    /// <summary>Linear costs may outweigh the quadratic ones by this before the objective is measured by them.</summary>
    public const double LargestCost = 1024;

    private readonly double[] _units = new double[layout.ActualVariables + 1];
    private readonly double[] _forced = new double[layout.ActualVariables + 1];
    private readonly double[] _reach = new double[layout.ActualVariables + 1];
    private readonly double[] _free = new double[layout.ActualVariables + 1];

    public double Objective { get; private set; }

    /// <summary>The unit of a group.</summary>
    public double this[int group] => _units[group];

    /// <summary>Chooses them for a row in the units of its matrices.</summary>
    public void Choose(DenseRow row)
    {
        LinkedVariables linked = row.Matrices.Linked;
        Measure(row, linked);
        for (int i = 0; i < linked.Groups; i++)
        {
            _units[i] = PowerOfTwo(Size(i));
        }

        double linear = 0;
        for (int i = 0; i < layout.ActualVariables; i++)
        {
            linear = row.Fixing[i] > 0 ? linear : Math.Max(linear, Math.Abs(row.P[i]) * _units[linked.GroupOf(i)]);
        }

        double curved = _units[LinkedVariables.Curved], quadratic = linked.AnyCurved ? curved * curved : 0;
        Objective = linear > LargestCost * quadratic ? PowerOfTwo(linear) : quadratic > 0 ? quadratic : 1;
    }

    // Constraints that 0 violates force at least their right-hand side; beyond that, neither the others nor the minimiser without constraints are passed.
    private double Size(int group)
    {
        double reach = _reach[group] > 0 ? _reach[group] : double.PositiveInfinity;
        double unforced = Math.Min(_free[group], reach);
        double size = Math.Max(_forced[group], double.IsInfinity(unforced) ? 0 : unforced);
        return size > 0 ? size : reach;
    }

    private void Measure(DenseRow row, LinkedVariables linked)
    {
        Array.Clear(_forced, 0, linked.Groups);
        Array.Clear(_reach, 0, linked.Groups);
        Array.Clear(_free, 0, linked.Groups);
        for (int i = 0; i < layout.Equalities; i++)
        {
            ref double forced = ref _forced[linked.GroupOfEquality(i)];
            forced = Math.Max(forced, Math.Abs(row.B[i]));
        }

        for (int i = 0; i < layout.Inequalities; i++)
        {
            Include(i, linked.GroupOfInequality(i));
        }

        for (int i = 0; i < layout.ActualVariables; i++)
        {
            if (row.Fixing[i] > 0)
            {
                continue;
            }

            int group = linked.GroupOf(i);
            if (layout.HasLower)
            {
                Include(layout.LowerOffset + i, group);
            }

            if (layout.HasUpper)
            {
                Include(layout.UpperOffset + i, group);
            }

            if (row.P[i] != 0)
            {
                _free[group] = Math.Max(_free[group], Math.Abs(row.P[i]) / row.Matrices.Q.At(i, i));
            }
        }

        void Include(int index, int group)
        {
            if (row.Active[index] > 0)
            {
                _forced[group] = Math.Max(_forced[group], -row.D[index]);
                _reach[group] = Math.Max(_reach[group], row.D[index]);
            }
        }
    }

    private static double PowerOfTwo(double value) => Math.ScaleB(1, Equilibration.Exponent(value));
}
