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

    /// <summary>Reads a row in equilibrated units.</summary>
    public void Load(int row, DenseRow data, double* z, double* nu, double* constraints)
    {
        Load(gradZ, row, layout.ActualVariables, data.Matrices.VariableScale, z);
        Load(gradNu, row, layout.Equalities, data.Matrices.EqualityScale, nu);
        Load(gradGeneral, row, layout.Inequalities, data.ConstraintScale, constraints);
        Load(gradLower, row, layout.ActualVariables, data.ConstraintScale + layout.LowerOffset, constraints + layout.LowerOffset);
        Load(gradUpper, row, layout.ActualVariables, data.ConstraintScale + layout.UpperOffset, constraints + layout.UpperOffset);
    }

    /// <summary>Writes a row's solution back in the user's units.</summary>
    public void Store(int row, DenseRow data, double* dz, double* dnu, double* u)
    {
        Store(Dz, row, layout.ActualVariables, data.Matrices.VariableScale, dz);
        Store(Dnu, row, layout.Equalities, data.Matrices.EqualityScale, dnu);
        Store(General, row, layout.Inequalities, data.ConstraintScale, u);
        if (layout.HasLower)
        {
            Store(Lower, row, layout.ActualVariables, data.ConstraintScale + layout.LowerOffset, u + layout.LowerOffset);
        }

        if (layout.HasUpper)
        {
            Store(Upper, row, layout.ActualVariables, data.ConstraintScale + layout.UpperOffset, u + layout.UpperOffset);
        }
    }

    private static void Load(double[]? source, int row, int count, double* scale, double* target)
    {
        for (int i = 0; source is not null && i < count; i++)
        {
            target[i] = source[(row * count) + i] * scale[i];
        }
    }

    private static void Store(double[] target, int row, int count, double* scale, double* source)
    {
        for (int i = 0; i < count; i++)
        {
            target[(row * count) + i] = source[i] * scale[i];
        }
    }
}
