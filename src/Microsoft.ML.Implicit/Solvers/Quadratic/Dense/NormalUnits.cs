namespace Microsoft.ML.Implicit.Solvers.Quadratic.Dense;

/// <summary>
/// Chooses the units in which a row's solution and costs are of the order of one. With Q, G and A equilibrated two are free: that of all variables
/// and right-hand sides, and that of the objective. Both are powers of two, so that changing to them rounds nothing.
/// </summary>
internal static unsafe class NormalUnits
{
    /// <summary>Linear costs may outweigh the quadratic ones by this before the objective is measured by them.</summary>
    public const double LargestCost = 1024;

    /// <summary>The units, from a row in the units of its matrices.</summary>
    public static (double Variable, double Objective) Of(DenseRow row)
    {
        double unit = PowerOfTwo(SolutionSize(row)), linear = 0;
        for (int i = 0; i < row.Layout.ActualVariables; i++)
        {
            linear = row.Fixing[i] > 0 ? linear : Math.Max(linear, Math.Abs(row.P[i]) * (row.Matrices.IsUnused[i] > 0 ? 1 : unit));
        }

        double quadratic = row.Matrices.HasCurvature ? unit * unit : 0;
        return (unit, linear > LargestCost * quadratic ? PowerOfTwo(linear) : quadratic > 0 ? quadratic : 1);
    }

    // Constraints that 0 violates force at least their right-hand side; beyond that, neither the others nor the minimiser without constraints are passed.
    private static double SolutionSize(DenseRow row)
    {
        ConstraintLayout layout = row.Layout;
        double forced = Vectors.MaxMagnitude(row.B, layout.PaddedEqualities), reach = 0, free = 0;
        for (int i = 0; i < layout.Inequalities; i++)
        {
            Include(i);
        }

        for (int i = 0; i < layout.ActualVariables; i++)
        {
            if (row.Matrices.IsUnused[i] > 0 || row.Fixing[i] > 0)
            {
                continue;
            }

            if (layout.HasLower)
            {
                Include(layout.LowerOffset + i);
            }

            if (layout.HasUpper)
            {
                Include(layout.UpperOffset + i);
            }

            if (row.P[i] != 0)
            {
                free = Math.Max(free, Math.Abs(row.P[i]) / row.Matrices.Q.At(i, i));
            }
        }

        reach = reach > 0 ? reach : double.PositiveInfinity;
        double unforced = Math.Min(free, reach);
        double size = Math.Max(forced, double.IsInfinity(unforced) ? 0 : unforced);
        return size > 0 ? size : reach;

        void Include(int index)
        {
            if (row.Active[index] > 0)
            {
                forced = Math.Max(forced, -row.D[index]);
                reach = Math.Max(reach, row.D[index]);
            }
        }
    }

    private static double PowerOfTwo(double value) => Math.ScaleB(1, Equilibration.Exponent(value));
}
