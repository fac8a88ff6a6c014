namespace Microsoft.ML.Implicit.Solvers.Quadratic.Dense;

/// <content>How a row comes into normal units: variables without room are fixed, then the units are chosen.</content>
internal sealed unsafe partial class DenseRow
{
    // Bounds nearer to each other than this, relative to their magnitude, fix a variable.
    private const double NoRoom = 2e-10;

    // On the diagonal, this keeps a fixed variable where it is and out of all other equations.
    private const double FixingWeight = 1e40;

    private static double OwnUnit(int variable, ReadOnlySpan<double> lower, ReadOnlySpan<double> upper)
    {
        double low = lower.IsEmpty ? 0 : Math.Abs(lower[variable]), high = upper.IsEmpty ? 0 : Math.Abs(upper[variable]);
        return Math.ScaleB(1, Equilibration.Exponent(Math.Max(low < Infinity ? low : 0, high < Infinity ? high : 0)));
    }

    // Moves the terms of variables without room into p, d and b; from then on they are 0.
    private void FixVariables()
    {
        var buffer = new PinnedBuffer((2 * Layout.Variables) + Layout.Length + Layout.PaddedEqualities);
        double* values = buffer.Take(Layout.Variables), curvature = buffer.Take(Layout.Variables);
        double* constraints = buffer.Take(Layout.Length), equalities = buffer.Take(Layout.PaddedEqualities);
        for (int i = 0; i < Layout.ActualVariables; i++)
        {
            if (HasNoRoom(i))
            {
                int low = Layout.LowerOffset + i, high = Layout.UpperOffset + i;
                values[i] = 0.5 * (D[high] - D[low]);
                FixedValue[i] = values[i] * VariableUnit[i];
                Fixing[i] = FixingWeight;
                SwitchOff(low);
                SwitchOff(high);
            }
        }

        ApplyHessian(values, curvature);
        ApplyConstraints(values, constraints);
        ApplyEqualities(values, equalities);
        Constant = (0.5 * Vectors.Dot(values, curvature, Layout.Variables)) + Vectors.Dot(P, values, Layout.Variables);
        Vectors.Add(curvature, 1, P, Layout.Variables);
        Vectors.Add(constraints, -1, D, Layout.Length);
        Vectors.Add(equalities, -1, B, Layout.PaddedEqualities);
    }

    private bool HasNoRoom(int variable)
    {
        int low = Layout.LowerOffset + variable, high = Layout.UpperOffset + variable;
        return Active[low] * Active[high] > 0 && Math.Abs(D[high] + D[low]) <= NoRoom * Math.Max(Math.Abs(D[low]), Math.Abs(D[high]));
    }

    private void SetEmptyRowsAside()
    {
        for (int i = 0; i < Layout.Inequalities; i++)
        {
            if (Active[i] > 0 && Matrices.InequalityMagnitude[i] == 0)
            {
                EmptyRows.AddInequality(i, D[i] * ConstraintUnit[i]);
                SwitchOff(i);
            }
        }

        for (int i = 0; i < Layout.Equalities; i++)
        {
            if (Matrices.EqualityMagnitude[i] == 0)
            {
                EmptyRows.AddEquality(i, B[i] * EqualityUnit[i]);
                B[i] = 0;
            }
        }
    }

    private void ToNormalUnits()
    {
        (Unit, ObjectiveUnit) = NormalUnits.Of(this);
        double unit = Unit;
        Curvature = Matrices.HasCurvature ? unit * unit / ObjectiveUnit : 1;
        CostMagnitude = 0;
        for (int i = 0; i < Layout.ActualVariables; i++)
        {
            double factor = Matrices.IsUnused[i] > 0 ? 1 : unit;
            VariableUnit[i] *= factor;
            P[i] *= factor / ObjectiveUnit;
            CostMagnitude = Fixing[i] > 0 ? CostMagnitude : Math.Max(CostMagnitude, Math.Abs(P[i]));
            ScaleBound(Layout.HasLower, Layout.LowerOffset + i, factor);
            ScaleBound(Layout.HasUpper, Layout.UpperOffset + i, factor);
        }

        for (int i = 0; i < Layout.Inequalities; i++)
        {
            ScaleBound(true, i, unit);
        }

        for (int i = 0; i < Layout.Equalities; i++)
        {
            EqualityUnit[i] *= unit;
            B[i] /= unit;
        }
    }

    private void ScaleBound(bool exists, int index, double factor)
    {
        if (exists && Active[index] > 0)
        {
            ConstraintUnit[index] *= factor;
            D[index] /= factor;
        }
    }
}
