using Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Panels;
using Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Scaling;

namespace Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Data;

/// <content>How a row comes into normal units: variables without room are fixed, then the units are chosen.</content>
internal sealed unsafe partial class DenseRow
{
    // On the diagonal, this keeps a fixed variable where it is and out of all other equations.
    private const double FixingWeight = 1e40;

    // Of a limit that does not hold its variable.
    private const double SmallestSlack = 1e-280;

    private delegate void LimitAction(int constraint, int variable, double coefficient, double rightHandSide);

    // Moves the terms of variables without room into p, d and b; from then on they are 0.
    private void FixVariables()
    {
        var buffer = new PinnedBuffer((2 * Layout.Variables) + Layout.Length + Layout.PaddedEqualities);
        double* values = buffer.Take(Layout.Variables), curvature = buffer.Take(Layout.Variables);
        double* constraints = buffer.Take(Layout.Length), equalities = buffer.Take(Layout.PaddedEqualities);
        for (int i = 0; i < Layout.ActualVariables; i++)
        {
            if (Room.IsFixed(i))
            {
                FixedValue[i] = Room.Middle(i);
                values[i] = FixedValue[i] / VariableUnit[i];
                Fixing[i] = FixingWeight;
            }
        }

        ForEachLimit((constraint, variable, coefficient, rightHandSide) =>
        {
            if (Fixing[variable] > 0)
            {
                InactiveSlack[constraint] = Math.Max(rightHandSide - (coefficient * FixedValue[variable]), SmallestSlack);
                SwitchOff(constraint);
            }
        });
        ApplyHessian(values, curvature);
        ApplyConstraints(values, constraints);
        ApplyEqualities(values, equalities);
        Constant = (0.5 * Vectors.Dot(values, curvature, Layout.Variables)) + Vectors.Dot(P, values, Layout.Variables);
        Vectors.Add(curvature, 1, P, Layout.Variables);
        Vectors.Add(constraints, -1, D, Layout.Length);
        Vectors.Add(equalities, -1, B, Layout.PaddedEqualities);
    }

    private bool FindRoom()
    {
        bool isAnyFixed = false;
        if (!Layout.HasLower && !Layout.HasUpper && !Matrices.SingleVariableRows.Any)
        {
            return isAnyFixed;
        }

        Room.Clear();
        ForEachLimit(Room.Include);
        for (int i = 0; i < Layout.ActualVariables; i++)
        {
            isAnyFixed |= Room.IsFixed(i);
        }

        return isAnyFixed;
    }

    // Bounds come first: where a row of G says the same, they hold the variable.
    private void ForEachLimit(LimitAction action)
    {
        for (int i = 0; i < Layout.ActualVariables; i++)
        {
            ActOn(Layout.HasLower, Layout.LowerOffset + i, i, -1);
            ActOn(Layout.HasUpper, Layout.UpperOffset + i, i, 1);
        }

        for (int i = 0; Matrices.SingleVariableRows.Any && i < Layout.Inequalities; i++)
        {
            ActOn(Matrices.SingleVariableRows.TryGet(i, out int variable, out double coefficient), i, variable, coefficient);
        }

        void ActOn(bool exists, int constraint, int variable, double coefficient)
        {
            if (exists && Active[constraint] > 0)
            {
                action(constraint, variable, coefficient, D[constraint] * ConstraintUnit[constraint]);
            }
        }
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
        LinkedVariables linked = Matrices.Linked;
        _units.Choose(this);
        ObjectiveUnit = _units.Objective;
        double curved = _units[LinkedVariables.Curved];
        Curvature = linked.AnyCurved ? curved * curved / ObjectiveUnit : 1;
        CostMagnitude = 0;
        for (int i = 0; i < Layout.ActualVariables; i++)
        {
            double unit = _units[linked.GroupOf(i)];
            VariableUnit[i] *= unit;
            P[i] *= unit / ObjectiveUnit;
            CostMagnitude = Fixing[i] > 0 ? CostMagnitude : Math.Max(CostMagnitude, Math.Abs(P[i]));
            ScaleBound(Layout.HasLower, Layout.LowerOffset + i, unit);
            ScaleBound(Layout.HasUpper, Layout.UpperOffset + i, unit);
        }

        for (int i = 0; i < Layout.Inequalities; i++)
        {
            ScaleBound(true, i, _units[linked.GroupOfInequality(i)]);
        }

        for (int i = 0; i < Layout.Equalities; i++)
        {
            double unit = _units[linked.GroupOfEquality(i)];
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
