using Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Data;

namespace Microsoft.ML.Implicit.Solvers.Quadratic.Dense;

/// <summary>Right-hand sides and solutions of a batch's adjoint systems, row-major, in the user's units; null right-hand sides are zero.</summary>
internal sealed unsafe class DenseGradients(int rows, ConstraintLayout layout, double[]? gradZ, double[]? gradNu, double[]? gradGeneral, double[]? gradLower, double[]? gradUpper)
{
    public double[] Dz { get; } = new double[rows * layout.ActualVariables];

    public double[] Dnu { get; } = new double[rows * layout.Equalities];

    public double[] General { get; } = new double[rows * layout.Inequalities];

    public double[] Lower { get; } = new double[layout.HasLower ? rows * layout.ActualVariables : 0];

    public double[] Upper { get; } = new double[layout.HasUpper ? rows * layout.ActualVariables : 0];

    public void Fail(int row)
    {
        Fill(Dz, layout.ActualVariables);
        Fill(Dnu, layout.Equalities);
        Fill(General, layout.Inequalities);
        Fill(Lower, layout.HasLower ? layout.ActualVariables : 0);
        Fill(Upper, layout.HasUpper ? layout.ActualVariables : 0);

        void Fill(double[] values, int count) => Array.Fill(values, double.NaN, row * count, count);
    }

    /// <summary>Reads a row in normal units.</summary>
    public void Load(int row, DenseRow data, double* z, double* nu, double* constraints)
    {
        for (int i = 0; gradZ is not null && i < layout.ActualVariables; i++)
        {
            z[i] = gradZ[(row * layout.ActualVariables) + i] * (data.VariableUnit[i] / data.ObjectiveUnit);
        }

        Load(gradNu, row, layout.Equalities, data.EqualityUnit, nu);
        Load(gradGeneral, row, layout.Inequalities, data.ConstraintUnit, constraints);
        Load(gradLower, row, layout.ActualVariables, data.ConstraintUnit + layout.LowerOffset, constraints + layout.LowerOffset);
        Load(gradUpper, row, layout.ActualVariables, data.ConstraintUnit + layout.UpperOffset, constraints + layout.UpperOffset);
    }

    /// <summary>Writes a row's solution back in the user's units.</summary>
    public void Store(int row, DenseRow data, double* dz, double* dnu, double* u)
    {
        for (int i = 0; i < layout.ActualVariables; i++)
        {
            Dz[(row * layout.ActualVariables) + i] = dz[i] * data.VariableUnit[i];
        }

        Store(Dnu, layout.Equalities, data.EqualityUnit, dnu);
        Store(General, layout.Inequalities, data.ConstraintUnit, u);
        Store(Lower, layout.HasLower ? layout.ActualVariables : 0, data.ConstraintUnit + layout.LowerOffset, u + layout.LowerOffset);
        Store(Upper, layout.HasUpper ? layout.ActualVariables : 0, data.ConstraintUnit + layout.UpperOffset, u + layout.UpperOffset);

        void Store(double[] target, int count, double* unit, double* source)
        {
            for (int i = 0; i < count; i++)
            {
                target[(row * count) + i] = source[i] * (data.ObjectiveUnit / unit[i]);
            }
        }
    }

    private static void Load(double[]? source, int row, int count, double* unit, double* target)
    {
        for (int i = 0; source is not null && i < count; i++)
        {
            target[i] = source[(row * count) + i] / unit[i];
        }
    }
}
